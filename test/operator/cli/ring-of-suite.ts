// A ring of real processes for the tests of one suite, and `dht` that is asked about it.
import { afterAll, beforeAll } from '@jest/globals';
import type { Ended } from '../../live/ended.ts';
import { OperatedRing, type RingWish } from '../../live/operated-ring.ts';
import { DHT, run, SLOW_MS } from '../../live/operator-commands.ts';

export interface OnRing {
  /** From the suite's first `beforeAll` on. */
  readonly ring: () => OperatedRing;
  readonly dht: (...args: string[]) => Promise<Ended>;
}

/** Started before the suite's tests, gone after them. */
export function ringOfSuite(wish: RingWish): OnRing {
  let ring: OperatedRing;
  beforeAll(async () => {
    ring = await OperatedRing.start(wish);
  }, SLOW_MS);
  afterAll(() => ring.destroy(), SLOW_MS);
  return { ring: () => ring, dht: (...args) => run(DHT, ['--state', ring.folder, ...args]) };
}
