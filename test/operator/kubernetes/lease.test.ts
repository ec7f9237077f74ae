import { describe, expect, test } from '@jest/globals';
import { LEASE_DEADLINE_MS, LEASE_POLL_MS, LEASE_SECONDS } from '../../../core/limits.ts';
import { runElected } from '../../../operator/kubernetes/lease.ts';
import type { Timers } from '../../../operator/kubernetes/timers.ts';
import { fc } from '../../properties.ts';
import { MemoryLeases, type Fate } from './memory-leases.ts';
import { VirtualTime } from './virtual-time.ts';

const FINE: Fate = { ms: 20, outcome: 'fine' };
const AWAY: Fate = { ms: 3_000, outcome: 'failed' };
/** ms until another process may take over at the latest: the lease runs out, and somebody looks. */
const TAKE_OVER_MS = LEASE_SECONDS * 1000 + 3 * LEASE_POLL_MS;

/** A clock that began at another moment than the true one. */
const shifted = (time: VirtualTime, byMs: number): Timers => ({
  nowMs: () => time.nowMs() + byMs,
  after: (ms, run) => time.after(ms, run),
});

interface Process {
  readonly name: string;
  isLeading: boolean;
  fate: () => Fate;
  readonly stop: AbortController;
  ended: Promise<void>;
  readonly told: string[];
}

/** Keeps what is true of all processes at any moment. */
function election() {
  const time = new VirtualTime();
  const leases = new MemoryLeases();
  const processes: Process[] = [];
  const begin = (
    name: string,
    { shiftMs = 0, wallMs = () => time.nowMs(), windDownMs = 0, fraction = (): number => 0.5 } = {},
  ): Process => {
    const stop = new AbortController();
    const told: string[] = [];
    const ended = Promise.resolve();
    const one: Process = { name, isLeading: false, fate: () => FINE, stop, ended, told };
    const timers = shifted(time, shiftMs);
    const lead = async (signal: AbortSignal): Promise<void> => {
      expect(processes.filter(({ isLeading }) => isLeading).map((each) => each.name)).toEqual([]);
      one.isLeading = true;
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          time.after(windDownMs, resolve);
        });
      });
      one.isLeading = false;
    };
    one.ended = runElected(
      leases.door(timers, () => one.fate()),
      { namespace: 'ops', name: 'operator', identity: name, timers, wallMs, fraction },
      { leads: (isLeader) => told.push(isLeader ? 'leads' : 'leads no more'), failed: () => 0 },
      lead,
      stop.signal,
    );
    processes.push(one);
    return one;
  };
  const leaders = (): string[] =>
    processes.filter(({ isLeading }) => isLeading).map(({ name }) => name);
  const stopAll = async (): Promise<void> => {
    for (const { stop } of processes) stop.abort();
    await time.advance(60_000);
    await Promise.all(processes.map(({ ended }) => ended));
  };
  return { time, leases, begin, leaders, stopAll };
}

describe('of two processes', () => {
  test('one leads and goes on leading, with a handful of calls a minute', async () => {
    const { time, leases, begin, leaders, stopAll } = election();
    begin('a');
    begin('b');
    await time.advance(LEASE_POLL_MS);
    expect(leaders()).toHaveLength(1);
    const [first] = leaders();
    leases.calls = 0;
    await time.advance(600_000);
    expect(leaders()).toEqual([first]);
    expect(leases.calls / 10).toBeLessThan(50);
    expect(leases.lease?.spec).toMatchObject({ holderIdentity: first, leaseTransitions: 1 });
    await stopAll();
  });

  test('the other leads at once when the first one stops in order', async () => {
    const { time, leases, begin, leaders, stopAll } = election();
    const a = begin('a', { windDownMs: 5_000 });
    await time.advance(100);
    begin('b');
    a.stop.abort();
    await time.advance(4_900);
    expect(leaders()).toEqual(['a']);
    await time.advance(100 + 2 * LEASE_POLL_MS);
    expect(leaders()).toEqual(['b']);
    await a.ended;
    expect([a.told, leases.lease?.spec.leaseTransitions]).toEqual([['leads', 'leads no more'], 2]);
    await stopAll();
  });

  test('a first one that winds down for long keeps its lease until it has ended', async () => {
    const { time, begin, leaders, stopAll } = election();
    const a = begin('a', { windDownMs: 40_000 });
    await time.advance(100);
    begin('b');
    a.stop.abort();
    await time.advance(39_000);
    expect(leaders()).toEqual(['a']);
    await time.advance(1_000 + 2 * LEASE_POLL_MS);
    expect(leaders()).toEqual(['b']);
    await stopAll();
  });

  test('the other takes over when the first one is cut off, and not before the first one has stopped', async () => {
    const { time, begin, leaders, stopAll } = election();
    const a = begin('a');
    await time.advance(100);
    begin('b');
    await time.advance(60_000);
    a.fate = () => AWAY;
    await time.advance(LEASE_DEADLINE_MS);
    expect(leaders()).toEqual([]);
    await time.advance(TAKE_OVER_MS - LEASE_DEADLINE_MS);
    expect(leaders()).toEqual(['b']);
    a.fate = () => FINE;
    await time.advance(60_000);
    expect([leaders(), a.told]).toEqual([['b'], ['leads', 'leads no more']]);
    await stopAll();
  });

  test('neither leads while the API server is away, and one does soon after', async () => {
    const { time, begin, leaders, stopAll } = election();
    const both = [begin('a'), begin('b')];
    await time.advance(10_000);
    for (const each of both) each.fate = () => AWAY;
    await time.advance(60_000);
    expect(leaders()).toEqual([]);
    for (const each of both) each.fate = () => FINE;
    await time.advance(TAKE_OVER_MS);
    expect(leaders()).toHaveLength(1);
    await stopAll();
  });

  test('clocks of another year change nothing, nor does a wall clock that stands still', async () => {
    const { time, begin, leaders, stopAll } = election();
    begin('a', { shiftMs: 5e11, wallMs: () => 1_000 });
    await time.advance(100);
    begin('b', { shiftMs: -5e11, wallMs: () => 4e12 + time.nowMs() });
    for (let i = 0; i < 60; i++) {
      await time.advance(5_000);
      expect(leaders()).toEqual(['a']);
    }
    await stopAll();
  });

  test('a renewal whose answer is lost counts for the others, not for the leader', async () => {
    const { time, begin, leaders, stopAll } = election();
    const a = begin('a');
    await time.advance(100);
    begin('b');
    a.fate = () => ({ ms: 20, outcome: 'lost' });
    await time.advance(LEASE_DEADLINE_MS + 5_000);
    expect(leaders()).toEqual([]);
    await stopAll();
  });

  test('one that is stopped while it asks begins nothing, and the other need not wait', async () => {
    const { time, begin, leaders, stopAll } = election();
    const a = begin('a');
    a.stop.abort();
    await time.advance(100);
    expect(a.told).toEqual([]);
    begin('b');
    await time.advance(100);
    expect(leaders()).toEqual(['b']);
    await stopAll();
  });

  test('an answer that comes after the lease may have run out gives no right to lead', async () => {
    const { time, begin, leaders, stopAll } = election();
    const a = begin('a');
    a.fate = () => ({ ms: LEASE_DEADLINE_MS, outcome: 'fine' });
    await time.advance(3 * LEASE_DEADLINE_MS - 1);
    expect([leaders(), a.told]).toEqual([[], []]);
    await stopAll();
  });
});

test('what the work fails with is what the election ends with, and the lease is given back', async () => {
  const time = new VirtualTime();
  const leases = new MemoryLeases();
  const ended = runElected(
    leases.door(time, () => FINE),
    { namespace: 'ops', name: 'operator', identity: 'a', timers: time },
    { leads: () => 0, failed: () => 0 },
    () => Promise.reject(new Error('a bug')),
    new AbortController().signal,
  );
  const outcome = expect(ended).rejects.toThrow('a bug');
  await time.advance(1_000);
  await outcome;
  expect(leases.lease?.spec.holderIdentity).toBe('');
});

interface Trouble {
  readonly atMs: number;
  readonly process: number;
  readonly kind: 'cut' | 'heal' | 'slow' | 'lossy' | 'stop';
}

test('whatever fails, two never lead at a time, and when all is well again one does', async () => {
  const troubles = fc.array(
    fc.record<Trouble>({
      atMs: fc.integer({ min: 0, max: 120_000 }),
      process: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom('cut', 'heal', 'slow', 'lossy', 'stop'),
    }),
    { maxLength: 20 },
  );
  const fates = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(troubles, fates, async (planned, stream) => {
      const { time, begin, leaders, stopAll } = election();
      const fraction = (): number => stream.next().value as number;
      const three = ['a', 'b', 'c'].map((name, i) =>
        begin(name, {
          shiftMs: (i - 1) * 1e9,
          fraction,
          windDownMs: Math.floor(fraction() * 4_000),
        }),
      );
      const slow = (): Fate => ({ ms: fraction() * 30_000, outcome: 'fine' });
      const lossy = (): Fate => ({
        ms: fraction() * 3_000,
        outcome: (['fine', 'failed', 'lost'] as const)[Math.floor(fraction() * 3)]!,
      });
      const fateOf = { cut: () => AWAY, heal: () => FINE, slow, lossy };
      for (const { atMs, process, kind } of planned) {
        time.after(atMs, () => {
          if (kind !== 'stop') three[process]!.fate = fateOf[kind];
          else if (process > 0) three[process]!.stop.abort();
        });
      }
      // `lead` itself asserts that nobody else leads when it begins.
      await time.advance(121_000);
      for (const each of three) each.fate = () => FINE;
      await time.advance(30_000 + TAKE_OVER_MS);
      expect(leaders()).toHaveLength(1);
      await stopAll();
      expect(time.pending).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 120_000);
