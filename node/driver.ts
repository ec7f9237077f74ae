// The only loop of a node: feeds inputs to the replica's step and carries out its effects, in
// order. Decides nothing about data; pairs requests with replies and adoptions with those who wait.
import type { NodeLoad, NodeReport } from '../core/api/admin.ts';
import type { Incarnation, NodeId } from '../core/api/ids.ts';
import type { Envelope } from '../core/api/messages.ts';
import type { Key } from '../core/api/object.ts';
import type { ClientRequest, ClientResult } from '../core/api/requests.ts';
import type { RingDocument } from '../core/api/ring-document.ts';
import { RingError } from '../core/errors.ts';
import { TICK_MS } from '../core/limits.ts';
import { countOf } from '../core/replica/counters.ts';
import type { Counter } from '../core/replica/counters.ts';
import type { Effect, Input, ReplicaEvent, StoreWrite, Ticket } from '../core/replica/effects.ts';
import { openReplica, reportOf, step } from '../core/replica/replica.ts';
import type { Replica } from '../core/replica/replica.ts';
import type { Rng } from '../core/rng.ts';
import { adoptionQueue } from './adoptions.ts';
import type { AdoptionQueue } from './adoptions.ts';
import { newMeters } from './meters.ts';
import type { DriverMeters } from './meters.ts';
import type { Storage } from './storage/storage.ts';
import type { Transport } from './transport/transport.ts';

/** What the driver cannot know by itself. */
export interface DriverOptions {
  readonly id: NodeId;
  readonly storage: Storage;
  readonly rng: Rng;
  /** What handoff may pull per second; Infinity: as fast as it can. */
  readonly handoffBytesPerSecond: number;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  readonly onEvent: (event: ReplicaEvent) => void;
  /** A document is durable and in force. */
  readonly onAdopted: (document: RingDocument) => void;
  /** The incarnation may not go on (`halt`) or a bug showed (`bug`): the process must end. */
  readonly onEnd: (why: { readonly kind: 'halt' | 'bug'; readonly error: Error }) => void;
}

/** The last word heard of a peer's document, from the envelopes that it sends. */
export interface PeerView {
  readonly incarnation: Incarnation;
  readonly epoch: number;
  readonly documentHash: string;
  /** Wall clock in ms when it was heard. */
  readonly heardMs: number;
}

type Answer = (result: ClientResult) => void;

/** One node's loop. Every method may be called from within an answer: inputs queue up. */
export class Driver {
  readonly meters: DriverMeters = newMeters();
  readonly #options: DriverOptions;
  readonly #replica: Replica;
  readonly #adoptions: AdoptionQueue;
  readonly #pending = new Map<string, Answer>();
  readonly #peers = new Map<
    Incarnation,
    { epoch: number; documentHash: string; heardMs: number }
  >();
  #transport: Pick<Transport, 'send'> | null = null;
  #document: RingDocument | null;
  readonly #queue: Input[] = [];
  /** From the start on: what arrives before it waits until the boot effects are carried out. */
  #isRunning = true;
  #hasEnded = false;
  #isDraining = false;
  #ticker: NodeJS.Timeout | null = null;
  /** The replica has closed its actor: nothing is in flight and the clean mark is durable (R13). */
  #isDrained = false;
  #whenDrained: (() => void)[] = [];
  readonly #bootEffects: readonly Effect[];

  constructor(options: DriverOptions) {
    this.#options = options;
    const { id, storage, rng, handoffBytesPerSecond } = options;
    const streamBytesPerTick = (handoffBytesPerSecond * TICK_MS) / 1000;
    const { incarnation } = storage.identity;
    const boot = openReplica({
      id,
      incarnation,
      stored: storage.state,
      rng,
      streamBytesPerTick,
    });
    this.#replica = boot.replica;
    this.#bootEffects = boot.effects;
    this.#document = storage.state.document;
    this.#adoptions = adoptionQueue(() => this.#document);
  }

  /**
   * Carries out what the replica ordered at boot, then ticks. The transport's events come to
   * `received`.
   */
  start(transport: Pick<Transport, 'send'>): void {
    this.#transport = transport;
    if (this.#document !== null) this.#options.onAdopted(this.#document);
    this.#run(this.#bootEffects);
    this.#ticker = setInterval(() => {
      this.#adoptions.expire(performance.now());
      this.#feed({ kind: 'tick' });
    }, TICK_MS);
  }

  /** Ends the loop: nothing is fed, sent or stored any more. Whoever still waits is told so. */
  stop(): void {
    this.#hasEnded = true;
    if (this.#ticker !== null) clearInterval(this.#ticker);
    for (const answer of this.#pending.values()) answer(STOPPED);
    this.#pending.clear();
    this.#adoptions.refuseAll(
      new RingError('DRAINING', 'the node stopped before the document was in force'),
    );
    this.#wake();
  }

  /**
   * Asks the ring. `request.id` is unique among what is pending. `answer` is called exactly once.
   */
  ask(request: ClientRequest, answer: Answer): void {
    if (this.#hasEnded) return answer(STOPPED);
    if (this.#pending.has(request.id))
      throw new RingError('INTERNAL', `request ${request.id} is pending`);
    this.#pending.set(request.id, answer);
    this.#feed({ kind: 'request', request });
  }

  /**
   * Resolves when the document, or the same again, is durable and in force. Rejects with
   * STALE_DOCUMENT (a newer one is held), CONFLICT (another one of its epoch, or another ring's)
   * or TIMEOUT.
   */
  adopt(document: RingDocument): Promise<void> {
    if (this.#hasEnded) return Promise.reject(new RingError('DRAINING', 'the node is stopping'));
    const adopted = this.#adoptions.wait(document, performance.now());
    if (adopted.feed) this.#feed({ kind: 'document', document });
    return adopted.done;
  }

  /**
   * Takes no new client requests; peers are served on. Resolves when what was asked is answered and
   * durable.
   */
  drain(): Promise<void> {
    if (!this.#isDraining) {
      this.#isDraining = true;
      this.#feed({ kind: 'drain' });
    }
    if (this.#isDrained || this.#hasEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenDrained.push(resolve);
    });
  }

  /** What the transport brought. */
  received(envelope: Envelope): void {
    const seen = this.#peers.get(envelope.from);
    const heardMs = this.#options.now();
    if (seen === undefined) {
      const { epoch, documentHash } = envelope;
      this.#peers.set(envelope.from, { epoch, documentHash, heardMs });
    } else {
      seen.epoch = envelope.epoch;
      seen.documentHash = envelope.documentHash;
      seen.heardMs = heardMs;
    }
    this.#feed({ kind: 'envelope', envelope });
  }

  disconnected(peer: Incarnation): void {
    this.#feed({ kind: 'disconnected', peer });
  }

  /** Records that a scrub found damaged; the other replicas heal them (R9). */
  damaged(keys: readonly Key[]): void {
    this.#feed({ kind: 'damaged', keys });
  }

  disk(full: boolean, freeBytes: number): void {
    this.#feed({ kind: 'disk', full, freeBytes });
  }

  /** The document in force; null: none was ever given. */
  get document(): RingDocument | null {
    return this.#document;
  }
  get isDraining(): boolean {
    return this.#isDraining;
  }
  get pendingRequests(): number {
    return this.#pending.size;
  }
  /** Questions to peers without an answer. */
  get pendingCalls(): number {
    return this.#replica.calls.size;
  }
  /** Deleted keys that are watched before they are dropped for good (R10). */
  get watchedTombstones(): number {
    return this.#replica.tombstones.size;
  }
  get incarnation(): Incarnation {
    return this.#options.storage.identity.incarnation;
  }

  peerViews(): readonly PeerView[] {
    return [...this.#peers].map(([incarnation, view]) => ({ incarnation, ...view }));
  }

  report(): NodeReport {
    const { storage } = this.#options;
    const counts = storage.counts();
    return {
      ...reportOf(this.#replica),
      volume: storage.identity.volume,
      keys: sum(counts.keys),
      bytes: sum(counts.bytes),
      diskFreeBytes: storage.stats().diskFreeBytes,
    };
  }

  /** What the replica counted since the start. */
  counted(counter: Counter): number {
    return countOf(this.#replica.counts, counter);
  }

  load(): NodeLoad {
    const { keys, bytes } = this.#options.storage.counts();
    return { keys: Array.from(keys), bytes: Array.from(bytes) };
  }

  /** Inputs that arrive while one is worked on (a store that completes at once) wait their turn. */
  #feed(input: Input): void {
    if (this.#hasEnded) return;
    this.#queue.push(input);
    if (!this.#isRunning) this.#run([]);
  }

  #run(first: readonly Effect[]): void {
    this.#isRunning = true;
    try {
      for (const effect of first) this.#carryOut(effect);
      for (let next = 0; next < this.#queue.length && !this.#hasEnded; next++) {
        const effects = step(this.#replica, this.#queue[next]!, this.#options.now());
        this.meters.steps++;
        for (const effect of effects) this.#carryOut(effect);
      }
    } catch (cause) {
      this.#end('bug', cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      this.#queue.length = 0;
      this.#isRunning = false;
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#transport?.send(effect.envelope);
        break;
      case 'reply':
        this.#reply(effect.id, effect.result);
        break;
      case 'load':
        this.#load(effect);
        break;
      case 'store':
        this.#store(effect.ticket, effect.writes);
        break;
      case 'scan':
        this.#scan(effect);
        break;
      case 'scan-hints':
        this.#scanHints(effect);
        break;
      case 'adopted':
        this.#adopted(effect.document);
        break;
      case 'event':
        this.#event(effect.event);
        break;
      case 'halt':
        this.#end('halt', new Error(effect.reason));
        break;
    }
  }

  #reply(id: string, result: ClientResult): void {
    const answer = this.#pending.get(id);
    if (answer === undefined) return;
    this.#pending.delete(id);
    answer(result);
  }

  #event(event: ReplicaEvent): void {
    this.meters.count(event);
    if (event.kind === 'drained') {
      this.#isDrained = true;
      this.#wake();
    }
    this.#options.onEvent(event);
  }

  #load({ ticket, key }: Extract<Effect, { kind: 'load' }>): void {
    const object = this.#options.storage.load(key);
    // The hot path: a record in memory costs no turn of the event loop.
    if (!(object instanceof Promise)) {
      this.#feed({ kind: 'loaded', ticket, object });
      return;
    }
    object.then(
      (loaded) => this.#feed({ kind: 'loaded', ticket, object: loaded }),
      this.#storeFailed,
    );
  }

  #store(ticket: Ticket, writes: readonly StoreWrite[]): void {
    this.#options.storage.store(writes, () => this.#feed({ kind: 'stored', ticket }));
  }

  #scan({ ticket, slot, after, until, limit, bytesMax }: Extract<Effect, { kind: 'scan' }>): void {
    this.#options.storage
      .scan({ slot, after, until, limit, bytesMax })
      .then(
        ({ records, corrupt, next }) =>
          this.#feed({ kind: 'scanned', ticket, records, corrupt, next }),
        this.#storeFailed,
      );
  }

  #scanHints({
    ticket,
    target,
    after,
    limit,
    bytesMax,
  }: Extract<Effect, { kind: 'scan-hints' }>): void {
    this.#options.storage
      .scanHints({ target, after, limit, bytesMax })
      .then(
        ({ hints, next }) => this.#feed({ kind: 'scanned-hints', ticket, hints, next }),
        this.#storeFailed,
      );
  }

  /**
   * A store that cannot be read is a failed one: the process ends and its replicas are served by
   * others.
   */
  readonly #storeFailed = (cause: unknown): void => {
    if (this.#hasEnded) return;
    this.#end('halt', new RingError('STORE_FAILED', 'a read of the store failed', { cause }));
  };

  #adopted(document: RingDocument): void {
    this.#document = document;
    const members = new Set(document.members.map((member) => member.incarnation));
    for (const peer of this.#peers.keys()) if (!members.has(peer)) this.#peers.delete(peer);
    this.#options.onAdopted(document);
    this.#adoptions.settle();
  }

  #end(kind: 'halt' | 'bug', error: Error): void {
    this.stop();
    this.#options.onEnd({ kind, error });
  }

  #wake(): void {
    const waiting = this.#whenDrained;
    this.#whenDrained = [];
    for (const resolve of waiting) resolve();
  }
}

const STOPPED: ClientResult = {
  kind: 'failed',
  code: 'DRAINING',
  message: 'the node stopped before a verdict',
  maybeApplied: true,
};

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
