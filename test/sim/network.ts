// The simulated network: delays, drops, duplicates, reorders and cuts. Harsher than the real
// transport, which keeps the order of frames between two peers.
import type { Incarnation, NodeId } from '../../core/api/ids.ts';
import type { Envelope } from '../../core/api/messages.ts';
import type { Rng } from '../../core/rng.ts';
import { between, chance } from './chance.ts';
import type { EventQueue } from './queue.ts';

/** What the weather is like; faults change it for a while. Probabilities are per envelope. */
export interface Weather {
  drop: number;
  duplicate: number;
  /** Share of envelopes that take up to slowMs. */
  slow: number;
  slowMs: number;
  /** Envelopes between two nodes arrive in the order they were sent. */
  ordered: boolean;
}

export interface Ends {
  /** Where the incarnation runs; null: nowhere. */
  homeOf(incarnation: Incarnation): NodeId | null;
  deliver(envelope: Envelope): void;
  /** Tells `at` that its connection to `peer` broke. */
  disconnected(at: Incarnation, peer: Incarnation): void;
}

/** Decides an envelope's fate by itself (transcripts): true when it took it. */
export type Interceptor = (envelope: Envelope) => boolean;

export class Network {
  weather: Weather = { drop: 0, duplicate: 0, slow: 0, slowMs: 0, ordered: false };
  interceptor: Interceptor | null = null;
  delivered = 0;
  private readonly queue: EventQueue;
  private readonly rng: Rng;
  private readonly ends: Ends;
  /** Directed pairs `from>to` that nothing passes. Operators stand in it under their own names. */
  private readonly cutPairs = new Map<string, number>();
  private readonly lastArrival = new Map<string, number>();

  constructor(queue: EventQueue, rng: Rng, ends: Ends) {
    this.queue = queue;
    this.rng = rng;
    this.ends = ends;
  }

  isCut(from: string, to: string): boolean {
    return this.cutPairs.size > 0 && this.cutPairs.has(`${from}>${to}`);
  }

  /** Nothing passes from one of `from` to one of `to` until the returned function is called. */
  cut(from: readonly string[], to: readonly string[]): () => void {
    const pairs = from.flatMap((a) => to.filter((b) => b !== a).map((b) => `${a}>${b}`));
    for (const pair of pairs) this.cutPairs.set(pair, (this.cutPairs.get(pair) ?? 0) + 1);
    return () => {
      for (const pair of pairs) {
        const left = (this.cutPairs.get(pair) ?? 0) - 1;
        if (left > 0) this.cutPairs.set(pair, left);
        else this.cutPairs.delete(pair);
      }
    };
  }

  send(envelope: Envelope): void {
    if (this.interceptor !== null && this.interceptor(envelope)) return;
    this.sendPast(envelope);
  }

  /** Sends without asking the interceptor. */
  sendPast(envelope: Envelope): void {
    const { weather, rng } = this;
    if (chance(rng, weather.drop)) return;
    this.launch(envelope);
    if (chance(rng, weather.duplicate)) this.launch(envelope);
  }

  private launch(envelope: Envelope): void {
    let delay = between(this.rng, 1, 4);
    if (chance(this.rng, this.weather.slow))
      delay = between(this.rng, 1, Math.max(1, this.weather.slowMs));
    if (this.weather.ordered) delay = this.inOrder(envelope, delay);
    this.queue.after(delay, () => {
      this.arrive(envelope);
    });
  }

  private inOrder(envelope: Envelope, delay: number): number {
    const pair = `${envelope.from}>${envelope.to}`;
    const at = Math.max(this.queue.nowMs + delay, this.lastArrival.get(pair) ?? 0);
    this.lastArrival.set(pair, at);
    return at - this.queue.nowMs;
  }

  private arrive(envelope: Envelope): void {
    const to = this.ends.homeOf(envelope.to);
    const from = this.ends.homeOf(envelope.from);
    if (to === null) {
      if (from !== null) this.ends.disconnected(envelope.from, envelope.to);
      return;
    }
    // A cut bites at arrival; the sender learns of it only now and then, as TCP does.
    if (this.cutPairs.size > 0 && from !== null && this.isCut(from, to)) {
      if (chance(this.rng, 0.2)) this.ends.disconnected(envelope.from, envelope.to);
      return;
    }
    this.delivered++;
    this.ends.deliver(envelope);
  }
}
