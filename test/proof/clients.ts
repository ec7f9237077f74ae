// Clients of a real ring: each calls, waits for its answer, thinks, and calls again; every call
// goes into the journal. Keys are of three kinds: a client's own, shared by all, and written only
// once.
import type { Rng } from '../../core/rng.ts';
import { headerOf, requestBytes } from '../live/connection.ts';
import type { Answer } from '../live/connection.ts';
import { between, chance, pick, weighted } from '../sim/chance.ts';
import type { Call } from '../sim/checkers/history.ts';
import { VERDICTS } from './failures.ts';
import type { Failure } from './failures.ts';
import type { Journal } from './journal.ts';
import { RingAccess } from './ring-access.ts';
import type { Outcome, Target } from './ring-access.ts';

/** ms after which other keys are shared and owned, so that no key's history grows without bound. */
const GENERATION_MS = 10_000;
const SHARED_KEYS = 8;
const OWN_KEYS = 4;
/** Keys that a client remembers to look at again. */
const REMEMBERED_KEYS = 2_000;

/** What a read gave its client to send back. */
interface Seen {
  readonly call: Call;
  readonly context: string;
  readonly etag: string | null;
}

export interface ClientOptions {
  readonly index: number;
  readonly rng: Rng;
  readonly journal: Journal;
  /** Where a call may go now. */
  readonly targets: () => { readonly proxy: Target; readonly nodes: readonly Target[] };
  /** ms that a client thinks on average. */
  readonly thinkMs: number;
  /** What all keys begin with, so that several loads may share a ring. */
  readonly prefix?: string;
  /** ms until a call that failed is tried once more; left out: it is not. */
  readonly retryMs?: number;
}

interface WriteWish {
  readonly value: string | null;
  readonly seen: Seen | null;
  readonly condition: 'any' | 'absent' | 'matches';
  readonly ttlSeconds: number;
}

export class ProofClient {
  readonly #options: ClientOptions;
  readonly #access = new RingAccess();
  readonly #seen = new Map<string, Seen>();
  readonly #remembered: string[] = [];
  #onceCount = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Calls until the signal ends it; resolves when nothing is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const { rng, thinkMs } = this.#options;
    while (!signal.aborted) {
      await this.#act();
      await new Promise((resolve) => setTimeout(resolve, between(rng, 0, thinkMs * 2)));
    }
    this.#access.close();
  }

  async #act(): Promise<void> {
    const { rng } = this.#options;
    const key = this.#drawKey();
    switch (weighted(rng, { read: 40, old: 10, write: 40, once: 10 })) {
      case 'read':
        return this.#twice(() => this.read(key));
      case 'old': {
        const old = this.#remembered.length === 0 ? key : pick(rng, this.#remembered);
        return this.#twice(() => this.read(old));
      }
      case 'write':
        // Drawn anew for the second try: nobody knows what became of the first one's value.
        return this.#twice(() => this.#write(key, this.#drawWish(key)));
      case 'once': {
        const { prefix = '', index } = this.#options;
        const once = `${prefix}once/${index}/${this.#onceCount++}`;
        return this.#twice(() =>
          this.#write(once, {
            value: this.#options.journal.nextValue(),
            seen: null,
            ttlSeconds: 0,
            condition: chance(rng, 0.5) ? 'absent' : 'any',
          }),
        );
      }
    }
  }

  async #twice(call: () => Promise<Failure | null>): Promise<void> {
    const { retryMs, journal } = this.#options;
    const first = await call();
    if (first === null || retryMs === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    const second = await call();
    if (second !== null) journal.givenUp.push(second);
  }

  /** null: it was answered, if only by a verdict such as NOT_FOUND. */
  async read(key: string): Promise<Failure | null> {
    const { journal, index } = this.#options;
    const call = journal.begin({
      kind: 'read',
      client: index,
      key,
      value: null,
      basedOn: null,
      expiresAtMs: 0,
    });
    const { outcome, failure } = await this.#call(call, requestBytes('GET', pathOf(key)));
    if (outcome.kind === 'failure') {
      if (outcome.code !== 'NOT_FOUND') return failure;
      call.outcome = 'ok';
      call.seen = [];
      return null;
    }
    const { answer } = outcome;
    call.seen = valuesIn(answer);
    call.outcome = 'ok';
    const context = headerOf(answer, 'x-ring-context');
    if (context !== null) this.#keepSeen(key, { call, context, etag: headerOf(answer, 'etag') });
    return null;
  }

  async #write(key: string, wish: WriteWish): Promise<Failure | null> {
    const { journal, index } = this.#options;
    const { value, seen, condition, ttlSeconds } = wish;
    const call = journal.begin({
      kind: 'write',
      client: index,
      key,
      value,
      basedOn: seen?.call ?? null,
      expiresAtMs: ttlSeconds > 0 ? journal.now() + ttlSeconds * 1000 : 0,
    });
    this.#remember(key);
    const headers = {
      ...(seen === null ? {} : { 'X-Ring-Context': seen.context }),
      ...(ttlSeconds === 0 ? {} : { 'X-Ring-TTL': String(ttlSeconds) }),
      ...(condition === 'absent' ? { 'If-None-Match': '*' } : {}),
      ...(condition === 'matches' ? { 'If-Match': seen!.etag! } : {}),
      ...(value === null ? {} : { 'Content-Type': 'text/plain' }),
    };
    const request = requestBytes(value === null ? 'DELETE' : 'PUT', pathOf(key), {
      headers,
      ...(value === null ? {} : { body: Buffer.from(value) }),
    });
    const { outcome, failure } = await this.#call(call, request);
    if (outcome.kind === 'failure') {
      if (outcome.isClean) call.outcome = 'failed';
      return failure;
    }
    call.outcome = 'ok';
    // A condition that held tells what its coordinator saw: as good as a read (protocol §5).
    if (condition === 'absent') call.seen = [];
    if (condition === 'matches') call.seen = seen!.call.seen;
    return null;
  }

  /** `failure` null: the call was answered, if only by a verdict. */
  async #call(
    call: Call,
    request: Buffer,
  ): Promise<{ readonly outcome: Outcome; readonly failure: Failure | null }> {
    const { journal, index, rng, targets } = this.#options;
    const { proxy, nodes } = targets();
    const target = nodes.length === 0 || chance(rng, 0.5) ? proxy : pick(rng, nodes);
    const outcome = await this.#access.call(target, request);
    const endMs = journal.now();
    // Without an answer nobody knows when it ended: its effect may still come.
    const isAnswered = outcome.kind === 'answer' || !['CUT', 'SILENCE'].includes(outcome.code);
    if (isAnswered) call.endMs = endMs;
    if (outcome.kind === 'answer' || VERDICTS.has(outcome.code)) return { outcome, failure: null };
    const { code, detail } = outcome;
    const failure: Failure = {
      client: index,
      what: call.kind,
      key: call.key,
      code,
      detail,
      via: target.node,
      startMs: call.startMs,
      endMs,
    };
    journal.failures.push(failure);
    return { outcome, failure };
  }

  #drawKey(): string {
    const { rng, journal, index, prefix = '' } = this.#options;
    const generation = Math.floor(journal.now() / GENERATION_MS);
    return chance(rng, 0.4)
      ? `${prefix}shared/${generation}/${rng.below(SHARED_KEYS)}`
      : `${prefix}own/${index}/${generation}/${rng.below(OWN_KEYS)}`;
  }

  #drawWish(key: string): WriteWish {
    const { rng, journal } = this.#options;
    const known = this.#seen.get(key) ?? null;
    const seen = known !== null && chance(rng, 0.5) ? known : null;
    const isDelete = chance(rng, 0.25);
    const isConditional = chance(rng, 0.2);
    const condition = !isConditional
      ? 'any'
      : seen !== null && seen.etag !== null
        ? 'matches'
        : seen === null && !isDelete
          ? 'absent'
          : 'any';
    return {
      value: isDelete ? null : journal.nextValue(),
      seen,
      condition,
      ttlSeconds: !isDelete && chance(rng, 0.1) ? between(rng, 1, 4) : 0,
    };
  }

  #keepSeen(key: string, seen: Seen): void {
    this.#seen.set(key, seen);
    if (this.#seen.size <= 4 * (SHARED_KEYS + OWN_KEYS)) return;
    const [oldest] = this.#seen.keys();
    this.#seen.delete(oldest!);
  }

  #remember(key: string): void {
    if (this.#remembered.length < REMEMBERED_KEYS) this.#remembered.push(key);
    else this.#remembered[this.#options.rng.below(REMEMBERED_KEYS)] = key;
  }
}

export function pathOf(key: string): string {
  return `/v1/kv/${encodeURIComponent(key)}`;
}

interface SiblingsView {
  readonly siblings: readonly { readonly value: string }[];
}

/** The texts of all live siblings in the answer. */
function valuesIn({ status, body }: Answer): readonly string[] {
  const text = body.toString('utf8');
  return status === 300
    ? (JSON.parse(text) as SiblingsView).siblings.map(({ value }) => value)
    : [text];
}
