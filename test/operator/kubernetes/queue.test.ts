import { describe, expect, test } from '@jest/globals';
import { QUEUE_CALM_MS, QUEUE_RETRY_MS_MAX, QUEUE_RETRY_MS_MIN } from '../../../core/limits.ts';
import { pause } from '../../../operator/kubernetes/timers.ts';
import { WorkQueue, type QueueOptions } from '../../../operator/kubernetes/queue.ts';
import { fc } from '../../properties.ts';
import { VirtualTime } from './virtual-time.ts';

/** How one run ends: it takes so long, and then fails, is done, or wants to be run again. */
interface Run {
  readonly ms: number;
  readonly outcome: 'fail' | 'done' | number;
}

const NEVER = new AbortController().signal;

/** A queue whose runs end as `runs` says, key by key; what began and ended, and when. */
function queueOf(runs: (key: string, n: number) => Run, options: QueueOptions = {}) {
  const time = new VirtualTime();
  const trace: string[] = [];
  const begins = new Map<string, number[]>();
  const retries: number[] = [];
  const running = new Set<string>();
  let most = 0;
  const queue = new WorkQueue(
    async (key) => {
      expect(running.has(key)).toBe(false);
      running.add(key);
      most = Math.max(most, running.size);
      const before = begins.get(key) ?? [];
      begins.set(key, [...before, time.nowMs()]);
      trace.push(`${String(time.nowMs())} ${key}`);
      const { ms, outcome } = runs(key, before.length);
      if (ms > 0) await pause(time, ms, NEVER);
      running.delete(key);
      if (outcome === 'fail') throw new Error(`${key} failed`);
      return outcome === 'done' ? null : outcome;
    },
    { failed: (_key, _error, ms) => retries.push(ms) },
    { timers: time, fraction: () => 0.5, ...options },
  );
  return { queue, time, trace, begins, retries, most: () => most };
}

const done = (ms = 0) => ({ ms, outcome: 'done' }) as const;

describe('a key', () => {
  test('that is added many times is worked on once', async () => {
    const { queue, time, trace } = queueOf(() => done());
    for (let i = 0; i < 10; i++) queue.add('a');
    await time.advance(1_000);
    expect(trace).toEqual(['0 a']);
  });

  test('that is added while it is worked on is worked on once more, afterwards', async () => {
    const { queue, time, trace } = queueOf(() => done(100));
    queue.add('a');
    await time.advance(50);
    queue.add('a');
    queue.add('a');
    await time.advance(1_000);
    expect(trace).toEqual(['0 a', '100 a']);
  });

  test('that is asked for later comes at the earliest of all times', async () => {
    const { queue, time, trace } = queueOf(() => done());
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    await time.advance(5_000);
    expect(trace).toEqual(['200 a']);
  });

  test('is looked at again when its work says so', async () => {
    const { queue, time, trace } = queueOf((_, n) => ({ ms: 10, outcome: n < 2 ? 100 : 'done' }));
    queue.add('a');
    await time.advance(5_000);
    expect(trace).toEqual(['0 a', '110 a', '220 a']);
  });

  test('that fails comes back ever later up to a bound, and at once as new after a success', async () => {
    const { queue, time, retries, trace } = queueOf((_, n) => ({
      ms: 0,
      outcome: n === 12 ? 'done' : 'fail',
    }));
    queue.add('a');
    await time.advance(12 * QUEUE_RETRY_MS_MAX);
    const afterFailures = (n: number): number => Math.ceil(0.75 * QUEUE_RETRY_MS_MIN * 2 ** n);
    expect(retries.slice(0, 4)).toEqual([0, 1, 2, 3].map(afterFailures));
    expect(retries.at(-1)).toBe(0.75 * QUEUE_RETRY_MS_MAX);
    expect(trace).toHaveLength(13);
    queue.add('a');
    await time.advance(0);
    expect([trace.length, retries.at(-1)]).toEqual([14, afterFailures(0)]);
  });

  test('that fails is hurried by changes, but not by more than one a second', async () => {
    const { queue, time, trace } = queueOf(() => ({ ms: 0, outcome: 'fail' }));
    queue.add('a');
    await time.advance(60_000);
    const before = trace.length;
    for (let i = 0; i < 100; i++) {
      queue.add('a');
      await time.advance(100);
    }
    const ran = trace.length - before;
    expect(ran).toBeGreaterThanOrEqual(9);
    expect(ran).toBeLessThanOrEqual(10_000 / QUEUE_CALM_MS + 1);
  });
});

describe('the queue', () => {
  test('works on as many keys at a time as it has workers, the longest due first', async () => {
    const { queue, time, trace, most } = queueOf(() => done(100), { workers: 2 });
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
    await time.advance(0);
    expect(queue.depth).toBe(3);
    await time.advance(1_000);
    expect(trace).toEqual(['0 a', '0 b', '100 c', '100 d', '200 e']);
    expect([most(), queue.depth]).toEqual([2, 0]);
  });

  test('ends what is under way when it stops, and begins nothing more', async () => {
    const { queue, time, trace } = queueOf(() => done(100), { workers: 1 });
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 50);
    await time.advance(10);
    let stopped = false;
    const stopping = queue.stop().then(() => (stopped = true));
    await time.advance(50);
    expect(stopped).toBe(false);
    queue.add('d');
    await time.advance(1_000);
    await stopping;
    expect(trace).toEqual(['0 a']);
    expect(time.pending).toBe(0);
  });

  test('tells its observer how long keys waited and worked', async () => {
    const told: unknown[] = [];
    const observer = {
      added: () => told.push('added'),
      began: (ms: number) => told.push(['began', ms]),
      ended: (ms: number, outcome: string) => told.push([outcome, ms]),
    };
    const runs = (key: string) => (key === 'b' ? { ms: 0, outcome: 'fail' as const } : done(70));
    const { queue, time } = queueOf(runs, { workers: 1, observer });
    queue.add('a');
    queue.add('b');
    await time.advance(100);
    expect(told).toEqual([
      'added',
      'added',
      ['began', 0],
      ['done', 70],
      ['began', 70],
      ['failed', 0],
    ]);
  });
});

interface Asked {
  readonly atMs: number;
  readonly key: string;
  readonly afterMs: number;
}

const UNTIL_MS = 4_000;

/** When one key is worked on where workers are never short: a ms at a time, nothing clever. */
function naive(asked: readonly Asked[], runs: (n: number) => Run): number[] {
  const begins: number[] = [];
  const due = new Set<number>();
  let failures = 0;
  let calmUntilMs = 0;
  let run: { readonly endMs: number; readonly outcome: Run['outcome'] } | null = null;
  for (let nowMs = 0; nowMs <= UNTIL_MS; nowMs++) {
    let isAsked = false;
    for (const { atMs, afterMs } of asked) {
      if (atMs !== nowMs) continue;
      if (run !== null && afterMs === 0) isAsked = true;
      else due.add(Math.max(nowMs + afterMs, calmUntilMs));
    }
    if (isAsked) due.add(-1);
    do {
      if (run !== null && run.endMs <= nowMs) {
        if (run.outcome === 'fail') {
          const ms = 0.75 * Math.min(QUEUE_RETRY_MS_MAX, QUEUE_RETRY_MS_MIN * 2 ** failures++);
          calmUntilMs = nowMs + Math.min(ms, QUEUE_CALM_MS);
          due.add(nowMs + Math.ceil(ms));
        } else {
          failures = calmUntilMs = 0;
          if (run.outcome !== 'done') due.add(nowMs + run.outcome);
        }
        // Asked for meanwhile: now, or when it is calm.
        if (due.delete(-1)) due.add(Math.max(nowMs, calmUntilMs));
        run = null;
      }
      const first = Math.min(...[...due].filter((ms) => ms >= 0));
      if (run === null && first <= nowMs) {
        due.clear();
        const { ms, outcome } = runs(begins.length);
        begins.push(nowMs);
        run = { endMs: nowMs + ms, outcome };
      }
    } while (run !== null && run.endMs <= nowMs);
  }
  return begins;
}

const KEYS = ['a', 'b', 'c'];
const askedTimes = fc.array(
  fc.record({
    atMs: fc.integer({ min: 0, max: 2_000 }),
    key: fc.constantFrom(...KEYS),
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 600 })),
  }),
  { maxLength: 25 },
);
const runTables = fc.array(
  fc.record({
    ms: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })),
    outcome: fc.oneof(
      fc.constant('done' as const),
      fc.constant('fail' as const),
      fc.integer({ min: 1, max: 400 }),
    ),
  }),
  { minLength: 1, maxLength: 12 },
);
/** After its table a key is done for good. */
const tableOf =
  (table: readonly Run[]) =>
  (n: number): Run =>
    table[n] ?? done(1);

async function ask(queue: WorkQueue, time: VirtualTime, asked: readonly Asked[]): Promise<void> {
  for (const { atMs, key, afterMs } of asked) time.after(atMs, () => queue.addAfter(key, afterMs));
  await time.advance(UNTIL_MS);
}

test('with workers enough, each key is worked on exactly when a naive twin says', async () => {
  await fc.assert(
    fc.asyncProperty(askedTimes, runTables, async (asked, table) => {
      const { queue, time, begins } = queueOf((_, n) => tableOf(table)(n), { workers: 9 });
      await ask(queue, time, asked);
      for (const key of KEYS) {
        const own = asked.filter((each) => each.key === key);
        expect([key, begins.get(key) ?? []]).toEqual([key, naive(own, tableOf(table))]);
      }
    }),
    { numRuns: 150 },
  );
});

test('with workers short, nothing asked for is forgotten and no key is worked on twice at a time', async () => {
  await fc.assert(
    fc.asyncProperty(askedTimes, runTables, async (asked, table) => {
      const { queue, time, begins, most } = queueOf((_, n) => tableOf(table)(n), { workers: 1 });
      await ask(queue, time, asked);
      await time.advance(100 * QUEUE_RETRY_MS_MAX);
      for (const { key, atMs } of asked)
        expect(begins.get(key)?.some((beganMs) => beganMs >= atMs)).toBe(true);
      expect(most()).toBeLessThanOrEqual(1);
      expect([queue.depth, time.pending]).toEqual([0, 0]);
    }),
    { numRuns: 100 },
  );
});
