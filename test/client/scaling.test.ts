// A client under load while a ring of real processes scales: its contexts, siblings and retries make
// every call succeed, and nothing that was acknowledged is lost.
import { expect, test } from '@jest/globals';
import { connect } from '../../client/client.ts';
import type { Attempt, RingClient } from '../../client/client.ts';
import { OperatedRing } from '../live/operated-ring.ts';
import { until } from '../live/until.ts';

const GIVEN_UP_MS = 180_000;
const WORKERS = 6;
const SETS = 3;

/** What one worker saw of the ring: an error for each call that failed or was answered wrongly. */
interface Tally {
  readonly failures: string[];
  readonly written: Map<string, number>;
  readonly marks: Map<string, number[]>;
  calls: number;
}

/** Writes its own keys, reads them back, and adds marks to sets that all workers share. */
async function work(ring: RingClient, worker: number, tally: Tally, isOver: () => boolean) {
  const call = async <T>(what: string, made: () => Promise<T>): Promise<T | undefined> => {
    tally.calls++;
    try {
      return await made();
    } catch (error) {
      tally.failures.push(`${what}: ${String(error)}`);
      return undefined;
    }
  };
  for (let n = 0; !isOver(); n++) {
    const key = `own-${worker}-${n % 40}`;
    const put = await call('put', () => ring.put(key, n));
    if (put !== undefined) tally.written.set(key, n);
    const found = await call('get', () => ring.get(key));
    if (put !== undefined && found?.values.length !== 1) tally.failures.push(`${key}: siblings`);
    else if (put !== undefined && found?.json() !== n) tally.failures.push(`${key}: not ${n}`);
    if (n % 5 > 0) continue;
    const set = `set-${n % SETS}`;
    const mark = n * WORKERS + worker;
    const added = await call('update', () =>
      ring.update(set, (values) => [
        ...new Set([...values.flatMap((value) => value.json<number[]>()), mark]),
      ]),
    );
    if (added !== undefined) tally.marks.set(set, [...(tally.marks.get(set) ?? []), mark]);
    const batch = await call('batch', () =>
      ring.batch([
        { op: 'put', key: `batch-${worker}-a`, value: n },
        { op: 'put', key: `batch-${worker}-b`, value: n },
      ]),
    );
    for (const one of batch ?? [])
      if (one.kind === 'failed') tally.failures.push(`batch: ${String(one.error)}`);
  }
}

test(
  'a ring that scales 3 → 5 → 3 fails no call of the client, and loses no write of it',
  async () => {
    const live = await OperatedRing.start({ replicas: 3, replicationFactor: 3 });
    const attempts = { direct: 0, again: 0 };
    const ring = connect({
      url: `http://localhost:${live.proxyPort}`,
      onAttempt: ({ isDirect, nth }: Attempt) => {
        if (isDirect) attempts.direct++;
        if (nth > 1) attempts.again++;
      },
    });
    const tally: Tally = { failures: [], written: new Map(), marks: new Map(), calls: 0 };
    try {
      await ring.ready();
      let isOver = false;
      const workers = Array.from({ length: WORKERS }, (_, i) => work(ring, i, tally, () => isOver));
      try {
        for (const replicas of [5, 3]) {
          live.scale(replicas);
          await live.untilConverged(60_000);
        }
      } finally {
        // Before the client is closed: its calls fail at once then, and nobody else would get a turn.
        isOver = true;
        await Promise.all(workers);
      }
      expect(tally.failures).toEqual([]);
      await until('the client knows the last epoch', 30_000, async () => {
        await ring.get('own-0-0');
        return ring.ring?.epoch === live.stored().epoch;
      });
      expect(ring.ring!.members.filter(({ state }) => state === 'serving')).toHaveLength(3);
      for (const [key, n] of tally.written) expect((await ring.get(key))?.json()).toBe(n);
      for (const [set, marks] of tally.marks) {
        const { values } = (await ring.get(set))!;
        const held = new Set(values.flatMap((value) => value.json<number[]>()));
        expect(marks.filter((mark) => !held.has(mark))).toEqual([]);
      }
      // What was tried: a load that saw the change, and went to replicas.
      expect(tally.calls).toBeGreaterThan(1000);
      expect(attempts.direct).toBeGreaterThan(tally.calls / 2);
    } finally {
      ring.close();
      await live.destroy();
    }
  },
  GIVEN_UP_MS,
);
