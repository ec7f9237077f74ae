// What goes wrong, on purpose: nodes and the operator are killed, at random but by the seed, until
// told to stop. Every few seconds one blow; some are double.
import type { Rng } from '../../core/rng.ts';
import type { LiveNode, OperatedRing } from '../live/operated-ring.ts';
import { until } from '../live/until.ts';
import { between, pick, weighted } from '../sim/chance.ts';
import type { Watcher } from './watcher.ts';

/** ms between two blows. */
const PAUSE_MS = { low: 2_000, high: 5_000 } as const;
/** ms between two looks for a joiner. */
const LOOK_MS = 50;
/** ms within which a killed node must run again to be killed again. */
const RETURN_MS = 10_000;

export type Blow = 'node' | 'same node twice' | 'two nodes' | 'operator' | 'joiner';

export class Havoc {
  readonly blows: Record<Blow, number> = {
    node: 0,
    'same node twice': 0,
    'two nodes': 0,
    operator: 0,
    joiner: 0,
  };
  kills = 0;
  readonly #ring: OperatedRing;
  readonly #watcher: Watcher;
  readonly #rng: Rng;
  readonly #due: Blow[] = ['same node twice', 'operator'];

  constructor(ring: OperatedRing, watcher: Watcher, rng: Rng) {
    this.#ring = ring;
    this.#watcher = watcher;
    this.#rng = rng;
  }

  /** Strikes until the signal; then sees to it that an operator runs. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#rest(between(this.#rng, PAUSE_MS.low, PAUSE_MS.high), signal);
      if (!signal.aborted) await this.strike(this.#draw());
    }
  }

  /** Until the next blow. The first joiner is struck as soon as it is seen: a small ring's move is short. */
  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    const endMs = performance.now() + ms;
    while (!signal.aborted && performance.now() < endMs && !this.#isJoinerDue())
      await pause(LOOK_MS, signal);
  }

  async strike(blow: Blow): Promise<void> {
    const nodes = this.#watcher.ready;
    if (nodes.length === 0) return;
    switch (blow) {
      case 'node':
        this.#kill(pick(this.#rng, nodes));
        break;
      case 'same node twice':
        await this.#killTwice(pick(this.#rng, nodes));
        break;
      case 'two nodes':
        this.#kill(pick(this.#rng, nodes));
        await pause(this.#rng.below(1_000));
        this.#kill(pick(this.#rng, nodes));
        break;
      case 'operator':
        await this.#restartOperator();
        break;
      case 'joiner': {
        const joiners = this.#joiners();
        if (joiners.length === 0) return;
        this.#kill(pick(this.#rng, joiners));
        break;
      }
    }
    this.blows[blow]++;
  }

  #draw(): Blow {
    if (this.#isJoinerDue()) return 'joiner';
    return (
      this.#due.shift() ??
      weighted(this.#rng, {
        node: 50,
        'same node twice': 10,
        'two nodes': 10,
        operator: 15,
        joiner: 15,
      })
    );
  }

  #isJoinerDue(): boolean {
    return this.blows.joiner === 0 && this.#joiners().length > 0;
  }

  #joiners(): readonly LiveNode[] {
    const joining = this.#ring.status()?.members.filter(({ state }) => state === 'joining') ?? [];
    return this.#ring.nodes().filter(({ id }) => joining.some(({ name }) => name === id));
  }

  #kill(node: LiveNode): void {
    if (this.#watcher.kill(node)) this.kills++;
  }

  async #killTwice(node: LiveNode): Promise<void> {
    this.#kill(node);
    const again = await until(
      'the killed node runs again',
      RETURN_MS,
      () =>
        this.#ring
          .nodes()
          .find(({ id, process: { pid } }) => id === node.id && pid !== node.process.pid) ?? null,
    ).catch(() => null);
    if (again !== null) this.#kill(again);
  }

  async #restartOperator(): Promise<void> {
    await this.#watcher.killOperator();
    this.kills++;
    await pause(this.#rng.below(1_500));
    this.#ring.startOperator();
  }
}

/** Waits; less where the signal comes first. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
