// Judges a history of client calls, and nothing else: I1 (no acknowledged write is lost), I7 (no
// deleted key comes back), nothing out of thin air, no siblings of writes made one after another
// (protocol §5). Knows no world: a history recorded from real processes is judged by the same code.

/**
 * One call of one client on one key. Times are of one clock (virtual, or monotonic), in ms.
 * `ok`: acknowledged or answered. `failed`: certainly without effect. `unknown`: may have had effect.
 */
export interface Call {
  readonly kind: 'read' | 'write';
  readonly client: number;
  readonly key: string;
  readonly startMs: number;
  /** Infinity while it runs and where no answer ever came. */
  endMs: number;
  outcome: 'ok' | 'failed' | 'unknown';
  /** read: what it returned (live siblings); of a conditional write: what its condition claims to have seen. */
  seen: readonly string[] | null;
  /** write: unique text, or null for a delete. Every delete is one of its own by identity. */
  readonly value: string | null;
  /** write: the read whose context it carries; null: none, it replaces all acknowledged before it. */
  readonly basedOn: Call | null;
  /** Wall clock in ms on the same scale as startMs, 0: never. */
  readonly expiresAtMs: number;
}

export interface HistoryRules {
  /** Ms after its start until which a write without an answer may still replace what it sees. */
  readonly attemptMs: number;
  /** Ms by which clocks of nodes may differ from the history's: blurs expiry. */
  readonly skewMs: number;
  /** 2W > N in every set: then a write without a context never leaves acknowledged siblings (§5). */
  readonly replacesAll: boolean;
  readonly lastWriterWins: boolean;
  /** Reads before it are not judged for lost writes (sloppy mode until its hints are delivered). */
  readonly judgedFromMs: number;
}

export const STRICT_HISTORY: HistoryRules = {
  attemptMs: Infinity,
  skewMs: 0,
  replacesAll: true,
  lastWriterWins: false,
  judgedFromMs: 0,
};

export interface HistoryViolation {
  readonly invariant: 'I1' | 'I7' | '§5' | 'R3' | 'thin air';
  readonly message: string;
  readonly call: Call;
}

/** Every violation of the history, at most a few per key. */
export function judgeHistory(calls: readonly Call[], rules: HistoryRules): HistoryViolation[] {
  const keys = new Map<string, Call[]>();
  for (const call of calls) {
    const same = keys.get(call.key);
    if (same === undefined) keys.set(call.key, [call]);
    else same.push(call);
  }
  const violations: HistoryViolation[] = [];
  for (const ofKey of keys.values()) new KeyHistory(ofKey, rules).judge(violations);
  return violations;
}

const PER_KEY_MAX = 3;

class KeyHistory {
  private readonly rules: HistoryRules;
  private readonly writes: Call[] = [];
  private readonly acknowledged: Call[] = [];
  private readonly views: Call[] = [];
  private readonly byValue = new Map<string, Call>();
  /** Since when no read may return this write's value: an acknowledged write surely covers it. */
  private readonly deadSinceMs = new Map<Call, number>();
  private readonly memo = new Map<Call, Map<Call, boolean>>();

  constructor(calls: readonly Call[], rules: HistoryRules) {
    this.rules = rules;
    for (const call of calls) {
      if (call.kind === 'write') {
        this.writes.push(call);
        if (call.outcome === 'ok') this.acknowledged.push(call);
        if (call.value !== null) this.byValue.set(call.value, call);
      }
      if (call.seen !== null && call.outcome === 'ok') this.views.push(call);
    }
    this.acknowledged.sort((a, b) => a.endMs - b.endMs);
    this.buryCovered();
  }

  judge(violations: HistoryViolation[]): void {
    const most = violations.length + PER_KEY_MAX;
    for (const view of this.views) {
      if (violations.length >= most) return;
      this.judgeReturned(view, violations);
      if (view.startMs >= this.rules.judgedFromMs) this.judgeMissing(view, violations);
    }
  }

  private judgeReturned(view: Call, violations: HistoryViolation[]): void {
    if (new Set(view.seen).size < view.seen!.length) {
      violations.push({
        invariant: 'R3',
        call: view,
        message: `${nameOf(view)} returned one write twice: [${view.seen!.join(' ')}]`,
      });
    }
    const isJudged = view.startMs >= this.rules.judgedFromMs;
    for (const value of view.seen!) {
      const write = this.byValue.get(value);
      if (write === undefined || write.outcome === 'failed' || write.startMs > view.endMs) {
        violations.push({
          invariant: 'thin air',
          call: view,
          message: `${nameOf(view)} returned ${value}, which ${blame(write)}`,
        });
      } else if (isJudged && view.startMs > (this.deadSinceMs.get(write) ?? Infinity)) {
        const by = this.killerOf(write);
        violations.push({
          invariant: by?.value === null ? 'I7' : '§5',
          call: view,
          message: `${nameOf(view)} returned ${value}, replaced for good by ${by ? nameOf(by) : '?'}`,
        });
      } else if (write.expiresAtMs > 0 && view.startMs > write.expiresAtMs + this.rules.skewMs) {
        violations.push({
          invariant: 'I7',
          call: view,
          message: `${nameOf(view)} returned ${value}, expired at ${write.expiresAtMs}`,
        });
      }
    }
  }

  private judgeMissing(view: Call, violations: HistoryViolation[]): void {
    for (const write of this.acknowledged) {
      if (write.endMs >= view.startMs) return;
      if (write.value === null || write === view) continue;
      if ((this.deadSinceMs.get(write) ?? Infinity) < view.startMs) continue;
      if (!this.isAccountedFor(write, view)) {
        violations.push({
          invariant: 'I1',
          call: view,
          message: `${nameOf(view)} returned [${view.seen!.join(' ')}] and lost ${nameOf(write)}`,
        });
        return;
      }
    }
  }

  /** The view shows the write, what may descend from it, or a deletion may have taken it. */
  private isAccountedFor(write: Call, view: Call): boolean {
    if (this.isGoneBy(write, view.endMs)) return true;
    for (const value of view.seen!) {
      const shown = this.byValue.get(value);
      if (shown === write) return true;
      if (shown === undefined) continue;
      if (this.mayCover(shown, write)) return true;
    }
    if (this.rules.lastWriterWins && this.mayHaveLost(write, view.endMs)) return true;
    return this.isBuriedBy(write, view.endMs, null);
  }

  /** Under lastWriterWins any write that this one does not surely cover may have won against it. */
  private mayHaveLost(write: Call, untilMs: number): boolean {
    return this.writes.some(
      (other) =>
        other !== write &&
        other.outcome !== 'failed' &&
        other.startMs <= untilMs &&
        !this.surelyCovers(write, other),
    );
  }

  /** Sound the other way round: true only where the protocol leaves no choice. */
  private surelyCovers(later: Call, earlier: Call): boolean {
    const read = later.basedOn;
    // With fewer copies than half the later one need not have met the earlier: the clocks decide (§5).
    if (read === null)
      return this.rules.replacesAll && earlier.outcome === 'ok' && earlier.endMs < later.startMs;
    return (read.seen ?? []).some((value) => {
      const shown = this.byValue.get(value);
      if (shown === undefined || !this.isSettledAt(shown, read.startMs)) return false;
      return shown === earlier || this.surelyCovers(shown, earlier);
    });
  }

  /** A deletion, or an expired value, that the viewer may have met may cover the write. */
  private isBuriedBy(write: Call, untilMs: number, except: Call | null): boolean {
    for (const other of this.writes) {
      if (other === write || other === except || other.startMs > untilMs) continue;
      if (other.outcome === 'failed') continue;
      if (other.value !== null && !this.isGoneBy(other, untilMs)) continue;
      if (this.mayCover(other, write)) return true;
    }
    return false;
  }

  private isGoneBy(write: Call, atMs: number): boolean {
    return (
      write.value === null ||
      (write.expiresAtMs > 0 && atMs >= write.expiresAtMs - this.rules.skewMs)
    );
  }

  /** Could `later`'s context cover `earlier`? Sound: true wherever the protocol allows it. */
  private mayCover(later: Call, earlier: Call): boolean {
    if (later === earlier) return true;
    if (later.outcome === 'failed') return false;
    const read = later.basedOn;
    if (read === null) return earlier.startMs <= this.attemptEnd(later);
    if (earlier.startMs > read.endMs) return false;
    let known = this.memo.get(later);
    if (known === undefined) this.memo.set(later, (known = new Map<Call, boolean>()));
    const before = known.get(earlier);
    if (before !== undefined) return before;
    const answer = this.readMayCover(read, earlier, later);
    known.set(earlier, answer);
    return answer;
  }

  private readMayCover(read: Call, earlier: Call, later: Call): boolean {
    if (earlier.value === null || this.isGoneBy(earlier, read.endMs)) return true;
    for (const value of read.seen ?? []) {
      const shown = this.byValue.get(value);
      if (shown !== undefined && this.mayCover(shown, earlier)) return true;
    }
    return this.isBuriedBy(earlier, read.endMs, later);
  }

  private attemptEnd(write: Call): number {
    return write.outcome === 'ok' ? write.endMs : write.startMs + this.rules.attemptMs;
  }

  /** Fills deadSinceMs: what an acknowledged write surely covers is dead once that one is acknowledged. */
  private buryCovered(): void {
    for (const write of this.acknowledged) this.bury(write, write.endMs);
  }

  private bury(by: Call, sinceMs: number): void {
    const read = by.basedOn;
    if (read !== null) {
      for (const value of read.seen ?? []) {
        const shown = this.byValue.get(value);
        if (shown !== undefined && this.isSettledAt(shown, read.startMs))
          this.buryOne(shown, sinceMs);
      }
      return;
    }
    if (by.outcome !== 'ok' || !this.rules.replacesAll) return;
    for (const write of this.acknowledged) {
      if (write.endMs >= by.startMs) break;
      this.buryOne(write, sinceMs);
    }
  }

  /** Without a context a write may make its dot afresh until it is answered: what was read may be the first. */
  private isSettledAt(write: Call, atMs: number): boolean {
    return write.basedOn !== null || this.attemptEnd(write) <= atMs;
  }

  private buryOne(write: Call, sinceMs: number): void {
    if ((this.deadSinceMs.get(write) ?? Infinity) <= sinceMs) return;
    this.deadSinceMs.set(write, sinceMs);
    this.bury(write, sinceMs);
  }

  private killerOf(write: Call): Call | undefined {
    const since = this.deadSinceMs.get(write);
    return this.acknowledged.find((other) => other.endMs === since && other !== write);
  }
}

function blame(write: Call | undefined): string {
  if (write === undefined) return 'nobody ever wrote to this key';
  return write.outcome === 'failed'
    ? 'was refused as certainly not applied'
    : 'was written only later';
}

/** The call in one line, as violations and transcripts print it. */
export function nameOf(call: Call): string {
  const span = `[${call.startMs}–${Number.isFinite(call.endMs) ? String(call.endMs) : '…'}]`;
  const who = `client ${call.client}`;
  if (call.kind === 'read') return `${who} read ${call.key} ${span}`;
  const what = call.value === null ? `delete ${call.key}` : `put ${call.key}=${call.value}`;
  const based =
    call.basedOn === null ? '' : ` after reading [${(call.basedOn.seen ?? []).join(' ')}]`;
  return `${who} ${what}${based} ${span} ${call.outcome}`;
}
