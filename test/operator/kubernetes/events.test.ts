import { describe, expect, test } from '@jest/globals';
import { RingError } from '../../../core/errors.ts';
import {
  EVENT_FLUSH_MS,
  EVENT_NOTE_BYTES_MAX,
  EVENT_REFILL_MS,
  EVENT_REFRESH_MS,
  EVENT_SERIES_MS,
  EVENTS_BURST,
  EVENTS_QUEUED_MAX,
} from '../../../core/limits.ts';
import type { KubeApi, KubeObject } from '../../../operator/kubernetes/api.ts';
import { EventRecorder, type Happening } from '../../../operator/kubernetes/events.ts';
import { fc } from '../../properties.ts';
import { VirtualTime } from './virtual-time.ts';

interface Event extends KubeObject {
  readonly note: string;
  readonly eventTime: string;
  series?: { readonly count: number; readonly lastObservedTime: string };
}

/** The API server as far as events go; `failing` refuses all calls. */
class MemoryEvents {
  readonly events = new Map<string, Event>();
  failing: Error | null = null;
  calls = 0;

  get api(): KubeApi {
    const call = <T>(carryOut: () => T): Promise<T> => {
      this.calls++;
      if (this.failing !== null) return Promise.reject(this.failing);
      try {
        return Promise.resolve(carryOut());
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const create = <T extends KubeObject>(_: unknown, object: T): Promise<T> =>
      call(() => {
        expect(this.events.has(object.metadata.name)).toBe(false);
        this.events.set(object.metadata.name, structuredClone(object) as unknown as Event);
        return object;
      });
    const patch = ({ name }: { name: string }, change: object): Promise<never> =>
      call(() => {
        const event = this.events.get(name);
        if (event === undefined) throw new RingError('NOT_FOUND', name);
        Object.assign(event, change);
        return event as never;
      });
    return { create, patch } as unknown as KubeApi;
  }

  get notes(): [string, number][] {
    return [...this.events.values()].map(({ note, series }) => [note, series?.count ?? 1]);
  }
}

const ring = (uid = 'u'): KubeObject => ({
  apiVersion: 'dht.ringkeeper.dev/v1alpha1',
  kind: 'DhtCluster',
  metadata: { name: 'dev', namespace: 'rings', uid },
});
const happening = (note: string, uid?: string): Happening => ({
  regarding: ring(uid),
  type: 'Normal',
  reason: 'NodeJoined',
  action: 'Join',
  note,
});

function recording() {
  const time = new VirtualTime();
  const server = new MemoryEvents();
  const failures: unknown[] = [];
  let dropped = 0;
  const recorder = new EventRecorder(
    server.api,
    { instance: 'operator-0', timers: time, wallMs: () => 1.8e12 + time.nowMs() },
    { failed: (error) => failures.push(error), dropped: () => dropped++ },
  );
  return { time, server, recorder, failures, dropped: () => dropped };
}

describe('an event', () => {
  test('tells who did what to which object, and why', async () => {
    const { recorder, server } = recording();
    recorder.record(happening('dev-3 has joined'));
    await recorder.flush();
    expect([...server.events.values()]).toEqual([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: {
          name: expect.stringMatching(/^dev\.[a-z0-9.-]+$/) as unknown,
          namespace: 'rings',
        },
        eventTime: '2027-01-15T08:00:00.000000Z',
        reportingController: 'dht.ringkeeper.dev/operator',
        reportingInstance: 'operator-0',
        type: 'Normal',
        reason: 'NodeJoined',
        action: 'Join',
        note: 'dev-3 has joined',
        regarding: {
          apiVersion: 'dht.ringkeeper.dev/v1alpha1',
          kind: 'DhtCluster',
          name: 'dev',
          namespace: 'rings',
          uid: 'u',
        },
      },
    ]);
  });

  test('that happens again and again is one series, counted about once a minute', async () => {
    const { recorder, server, time } = recording();
    for (let i = 0; i < 600; i++) {
      recorder.record(happening('waiting'));
      await time.advance(1_000);
    }
    expect(server.events.size).toBe(1);
    expect(server.calls).toBeLessThanOrEqual(2 + 600_000 / EVENT_REFRESH_MS);
    await recorder.flush();
    expect(server.notes).toEqual([['waiting', 600]]);
    const [event] = server.events.values();
    expect(event!.series!.lastObservedTime > event!.eventTime).toBe(true);
  });

  test('is told anew after a long silence', async () => {
    const { recorder, server, time } = recording();
    recorder.record(happening('waiting'));
    await time.advance(EVENT_SERIES_MS + 1);
    recorder.record(happening('waiting'));
    await recorder.flush();
    expect(server.notes).toEqual([
      ['waiting', 1],
      ['waiting', 1],
    ]);
  });

  test('of another object or with other words is another one', async () => {
    const { recorder, server } = recording();
    recorder.record(happening('a'));
    recorder.record(happening('b'));
    recorder.record(happening('a', 'v'));
    await recorder.flush();
    expect(server.events.size).toBe(3);
  });

  test('that the API server has forgotten is told again with its count', async () => {
    const { recorder, server, time } = recording();
    recorder.record(happening('waiting'));
    await time.advance(0);
    server.events.clear();
    recorder.record(happening('waiting'));
    recorder.record(happening('waiting'));
    await recorder.flush();
    expect(server.notes).toEqual([['waiting', 3]]);
  });

  test('with too long a note is cut between characters', async () => {
    const { recorder, server } = recording();
    recorder.record(happening('ä'.repeat(2_000)));
    await recorder.flush();
    const [[note]] = server.notes as [[string, number]];
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(EVENT_NOTE_BYTES_MAX);
    expect(note).toMatch(/^ä+…$/);
  });
});

describe('too many events', () => {
  test('of one object are dropped, and not those of others', async () => {
    const { recorder, server, time, dropped } = recording();
    for (let i = 0; i < 100; i++) {
      recorder.record(happening(`event ${String(i)}`));
      await time.advance(0);
    }
    recorder.record(happening('of another', 'v'));
    await recorder.flush();
    expect([server.events.size, dropped()]).toEqual([EVENTS_BURST + 1, 100 - EVENTS_BURST]);
    await time.advance(3 * EVENT_REFILL_MS);
    for (let i = 0; i < 10; i++) recorder.record(happening(`later ${String(i)}`));
    await recorder.flush();
    expect(server.events.size).toBe(EVENTS_BURST + 1 + 3);
  });

  test('while the API server is away are dropped, and nobody waits or fails for them', async () => {
    const { recorder, server, failures, dropped } = recording();
    server.failing = new Error('away');
    for (let i = 0; i < 3 * EVENTS_QUEUED_MAX; i++) recorder.record(happening('x', String(i)));
    expect(dropped()).toBe(2 * EVENTS_QUEUED_MAX);
    await recorder.flush();
    expect(failures).toHaveLength(EVENTS_QUEUED_MAX);
  });
});

test('who stops does not wait for an API server that never answers', async () => {
  const time = new VirtualTime();
  const api = { create: () => new Promise(() => undefined) } as unknown as KubeApi;
  const recorder = new EventRecorder(
    api,
    { instance: 'a', timers: time },
    { failed: () => 0, dropped: () => 0 },
  );
  recorder.record(happening('x'));
  let isOver = false;
  const flushed = recorder.flush().then(() => (isOver = true));
  await time.advance(EVENT_FLUSH_MS - 1);
  expect(isOver).toBe(false);
  await time.advance(1);
  await flushed;
});

test('counts add up to all that was recorded and not dropped, and no timer is left', async () => {
  const steps = fc.array(
    fc.record({
      note: fc.constantFrom('a', 'b', 'c'),
      uid: fc.constantFrom('u', 'v'),
      thenMs: fc.constantFrom(0, 0, 1_000, EVENT_REFRESH_MS, EVENT_SERIES_MS, EVENT_SERIES_MS + 1),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const { recorder, server, time, dropped } = recording();
      for (const { note, uid, thenMs } of taken) {
        recorder.record(happening(note, uid));
        if (thenMs > 0) await time.advance(thenMs);
      }
      await recorder.flush();
      const told = server.notes.reduce((sum, [, count]) => sum + count, 0);
      expect(told + dropped()).toBe(taken.length);
      expect(time.pending).toBe(0);
    }),
    { numRuns: 100 },
  );
});
