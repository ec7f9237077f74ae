// Hinted handoff (Dynamo 2007 §4.6): writes kept on disk for a replica that did not answer, bounded
// in bytes and age, delivered to whoever owns the key by then (R11), so that all of them drain (I8).
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Key, KeyRecord } from '../api/object.ts';
import { defined } from '../assert.ts';
import { HINT_BYTES_MAX, HINT_VISIT_TICKS, PAGE_BYTES, PAGE_RECORDS } from '../limits.ts';
import { memberOf, slotSets } from '../membership/document.ts';
import { preferenceList } from '../ring/placement.ts';
import { clockMs } from '../version/clock.ts';
import { mergeObjects, objectBytes } from '../version/siblings.ts';
import { mergeIn, slotOfKey } from './cells.ts';
import { tally } from './counters.ts';
import type { Input, ScannedHint, StoreWrite } from './effects.ts';
import type { HintCount, Replica } from './state.ts';
import { announce, ask, emit, isServing, store } from './state.ts';

/** Keeps a record for members that did not answer; where the space is used up, anti-entropy must do. */
export function keepHints(r: Replica, record: KeyRecord, targets: readonly Incarnation[]): void {
  const writes: StoreWrite[] = [];
  for (const target of targets) {
    if (target === r.incarnation) continue;
    const write = hintWrite(r, target, record);
    if (write !== null) writes.push(write);
  }
  if (writes.length > 0) store(r, writes, () => undefined);
}

/** A hint that somebody else asks this node to keep. */
export interface HeldHint {
  readonly target: Incarnation;
  readonly record: KeyRecord;
  /** Hybrid clock in ms since when it is kept: handing it on makes no hint younger (R10). */
  readonly sinceMs: number;
}

/**
 * sloppy mode, or a leaver's hand-over: tells once it is durable. Merged with what is kept for the same
 * target and key already, since each of several coordinators may count its own.
 */
export function holdHint(
  r: Replica,
  { target, record, sinceMs }: HeldHint,
  held: (kept: boolean) => void,
): void {
  const { key } = record;
  const name = `${target} ${key.text}`;
  const pending = r.holding.get(name) ?? { object: null, sinceMs, users: 0 };
  r.holding.set(name, pending);
  pending.users++;
  const done = (kept: boolean): void => {
    if (--pending.users === 0) r.holding.delete(name);
    held(kept);
  };
  scanHints(r, { target, after: { ...key, text: '' }, limit: 1 }, (page) => {
    const known = page.hints.find((hint) => hint.key.text === key.text)?.hint;
    if (known !== undefined) {
      pending.object = mergeObjects(pending.object, known.object);
      pending.sinceMs = Math.min(pending.sinceMs, known.sinceMs);
    }
    pending.object = mergeObjects(pending.object, record.object);
    pending.sinceMs = Math.min(pending.sinceMs, sinceMs);
    const write = hintWrite(r, target, { key, object: pending.object }, pending.sinceMs);
    if (write === null) done(false);
    else store(r, [write], () => done(true));
  });
}

function scanHints(
  r: Replica,
  wish: { readonly target: Incarnation; readonly after: Key | null; readonly limit: number },
  scanned: (page: Extract<Input, { kind: 'scanned-hints' }>) => void,
): void {
  const ticket = r.nextTicket++;
  r.waiting.set(ticket, (input) => {
    if (input.kind === 'scanned-hints') scanned(input);
  });
  emit(r, { kind: 'scan-hints', ticket, ...wish, bytesMax: PAGE_BYTES });
}

function hintWrite(
  r: Replica,
  target: Incarnation,
  { key, object }: KeyRecord,
  sinceMs = clockMs(r.clock),
): StoreWrite | null {
  const bytes = objectBytes(object);
  let total = 0;
  for (const count of r.hints.values()) total += count.bytes;
  if (total + bytes > HINT_BYTES_MAX) {
    announce(r, { kind: 'hints-dropped', items: 1, why: 'space' });
    return null;
  }
  const count = r.hints.get(target) ?? newCount(clockMs(r.clock));
  count.items++;
  count.bytes += bytes;
  count.keptItems++;
  count.keptBytes += bytes;
  count.rewritten.add(key.text);
  tally(r, 'hints-kept');
  r.hints.set(target, count);
  return { kind: 'hint', target, key, hint: { object, sinceMs } };
}

export function newCount(sinceMs: number): HintCount {
  return {
    items: 0,
    bytes: 0,
    keptItems: 0,
    keptBytes: 0,
    sinceMs,
    rewritten: new Set(),
    visiting: false,
    visitTick: 0,
  };
}

/** The first live fallback of a slot that does not stand in already; null: there is none (sloppy mode). */
export function standIn(
  r: Replica,
  slot: Slot,
  taken: ReadonlySet<Incarnation>,
): Incarnation | null {
  const document = defined(r.document, 'a document');
  const members = slotSets(document, slot).everyone;
  return (
    preferenceList(document.next ?? document.current, slot).find(
      (m) =>
        !members.includes(m) && !taken.has(m) && m !== r.incarnation && !r.suspicion.isSilent(m),
    ) ?? null
  );
}

/** Visits the hints of each target now and then: delivers, hands over or drops them. */
export function tickHints(r: Replica): void {
  if (!isServing(r)) return;
  for (const [target, count] of r.hints) {
    if (count.visiting || r.tick < count.visitTick) continue;
    count.visiting = true;
    count.keptItems = 0;
    count.keptBytes = 0;
    visit(r, target, count, { after: null, left: 0, leftBytes: 0, sinceMs: clockMs(r.clock) });
  }
}

interface Visit {
  readonly after: ScannedHint['key'] | null;
  /** What stays, as counted on the way: the truth after a whole visit. */
  readonly left: number;
  readonly leftBytes: number;
  readonly sinceMs: number;
}

function visit(r: Replica, target: Incarnation, count: HintCount, so: Visit): void {
  count.rewritten.clear();
  scanHints(r, { target, after: so.after, limit: PAGE_RECORDS }, ({ hints, next }) => {
    let open = hints.length;
    let left = so.left,
      leftBytes = so.leftBytes,
      sinceMs = so.sinceMs;
    const settled = (hint: ScannedHint | null): void => {
      if (hint !== null) {
        left++;
        leftBytes += objectBytes(hint.hint.object);
        sinceMs = Math.min(sinceMs, hint.hint.sinceMs);
      }
      if (--open > 0) return;
      if (next !== null) return visit(r, target, count, { after: next, left, leftBytes, sinceMs });
      finishVisit(r, target, count, { left, leftBytes, sinceMs });
    };
    if (open === 0) {
      open = 1;
      settled(null);
    } else for (const hint of hints) deliver(r, target, hint, settled);
  });
}

/**
 * Hints kept while the visit ran stand on top of what it counted: one that it met as well is counted
 * twice until the next visit, one that lay behind it would otherwise be forgotten.
 */
function finishVisit(
  r: Replica,
  target: Incarnation,
  count: HintCount,
  found: { left: number; leftBytes: number; sinceMs: number },
): void {
  count.items = found.left + count.keptItems;
  count.bytes = found.leftBytes + count.keptBytes;
  count.sinceMs = found.sinceMs;
  count.visiting = false;
  count.visitTick = r.tick + HINT_VISIT_TICKS;
  if (count.items === 0) r.hints.delete(target);
}

/** Delivers one hint to its target while that owns the key, else to all current owners; `settled` with it where it stays. */
function deliver(
  r: Replica,
  target: Incarnation,
  hint: ScannedHint,
  settled: (left: ScannedHint | null) => void,
): void {
  const document = r.document;
  if (document === null) return settled(hint);
  const { key } = hint;
  const drop = (): void => {
    if (r.hints.get(target)?.rewritten.has(key.text) === true) return settled(hint);
    store(r, [{ kind: 'hint', target, key, hint: null }], () => undefined);
    settled(null);
  };
  // By the hybrid clock, which a wall clock set back does not hold up (R10 counts on it).
  if (clockMs(r.clock) - hint.hint.sinceMs > document.limits.hintAgeMs) {
    announce(r, { kind: 'hints-dropped', items: 1, why: 'age' });
    return drop();
  }
  const slot = slotOfKey(r, key);
  const owners = slotSets(document, slot).everyone;
  const targets = owners.includes(target) ? [target] : owners;
  const silent = targets.filter((m) => m !== r.incarnation && r.suspicion.isSilent(m));
  if (silent.length > 0)
    return isLeaving(r) ? handOn(r, target, hint, { drop, settled }) : settled(hint);
  let open = targets.length,
    whole = true;
  const stored = (ok: boolean): void => {
    whole &&= ok;
    if (--open > 0) return;
    if (!whole) return settled(hint);
    tally(r, 'hints-delivered');
    drop();
  };
  const record = { key, object: hint.hint.object };
  for (const owner of targets) {
    if (owner === r.incarnation)
      mergeIn(r, key, record.object, (merged) => stored(merged.kind === 'merged'));
    else
      ask(
        r,
        owner,
        (call) => ({ kind: 'push', call, slot, records: [record] }),
        (answer) => stored(answer?.kind === 'stored'),
      );
  }
}

/** R11: a leaver does not wait for a silent target; a live owner of the key keeps the hint on. */
function handOn(
  r: Replica,
  target: Incarnation,
  hint: ScannedHint,
  then: { drop: () => void; settled: (left: ScannedHint | null) => void },
): void {
  const record = { key: hint.key, object: hint.hint.object };
  const heir = slotSets(defined(r.document, 'a document'), slotOfKey(r, hint.key)).everyone.find(
    (m) => m !== r.incarnation && m !== target && !r.suspicion.isSilent(m),
  );
  if (heir === undefined) return then.settled(hint);
  const { sinceMs } = hint.hint;
  ask(
    r,
    heir,
    (call) => ({ kind: 'hold', call, target, sinceMs, record }),
    (answer) => {
      if (answer?.kind === 'stored') then.drop();
      else then.settled(hint);
    },
  );
}

function isLeaving(r: Replica): boolean {
  const state = memberOf(defined(r.document, 'a document'), r.incarnation)?.state;
  return state === 'leaving' || state === 'left';
}

/** Items, bytes and the age of the oldest hint that this node holds. */
export function hintsHeld(r: Replica): { items: number; bytes: number; oldestAgeMs: number } {
  let items = 0,
    bytes = 0,
    oldestAgeMs = 0;
  for (const count of r.hints.values()) {
    items += count.items;
    bytes += count.bytes;
    oldestAgeMs = Math.max(oldestAgeMs, clockMs(r.clock) - count.sinceMs);
  }
  return { items, bytes, oldestAgeMs };
}
