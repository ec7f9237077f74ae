// Is a peer reachable now? Each node decides for itself, from silence counted in ticks; only routing
// and hints depend on it, never ownership (protocol §2).
import type { Incarnation } from '../api/ids.ts';
import { SUSPICION_TICKS } from '../limits.ts';

interface Silence {
  heardTick: number;
  silent: boolean;
}

/** What one node thinks of its peers. A peer never heard of counts from the tick it became known. */
export class Suspicion {
  readonly #peers = new Map<Incarnation, Silence>();

  /** The peers to watch from now on; the others are forgotten. */
  watch(peers: Iterable<Incarnation>, tick: number): void {
    const wanted = new Set(peers);
    for (const peer of this.#peers.keys()) if (!wanted.has(peer)) this.#peers.delete(peer);
    for (const peer of wanted) {
      if (!this.#peers.has(peer)) this.#peers.set(peer, { heardTick: tick, silent: false });
    }
  }

  /** Any frame is a sign of life. True: the peer was thought silent. */
  heard(peer: Incarnation, tick: number): boolean {
    const known = this.#peers.get(peer);
    if (known === undefined) return false;
    known.heardTick = tick;
    const back = known.silent;
    known.silent = false;
    return back;
  }

  /** The connection broke: suspect the peer at once, until it is heard again. True: it was not before. */
  broke(peer: Incarnation): boolean {
    const known = this.#peers.get(peer);
    if (known === undefined || known.silent) return false;
    known.silent = true;
    return true;
  }

  /** The peers that fell silent since the last call. */
  fellSilent(tick: number): Incarnation[] {
    const fell: Incarnation[] = [];
    for (const [peer, known] of this.#peers) {
      if (known.silent || tick - known.heardTick <= SUSPICION_TICKS) continue;
      known.silent = true;
      fell.push(peer);
    }
    return fell;
  }

  /** A peer that is not watched counts as silent. */
  isSilent(peer: Incarnation): boolean {
    return this.#peers.get(peer)?.silent ?? true;
  }

  /** Ticks since this peer was last heard; Infinity: it is not watched. */
  silentFor(peer: Incarnation, tick: number): number {
    const known = this.#peers.get(peer);
    return known === undefined ? Infinity : tick - known.heardTick;
  }

  /** All that are watched and not silent. */
  heardOf(): Incarnation[] {
    return [...this.#peers].filter(([, known]) => !known.silent).map(([peer]) => peer);
  }

  /** All that are silent now. */
  silent(): Incarnation[] {
    return [...this.#peers].filter(([, known]) => known.silent).map(([peer]) => peer);
  }
}
