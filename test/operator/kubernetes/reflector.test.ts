import { describe, expect, test } from '@jest/globals';
import { WATCH_MS_MIN, WATCH_RETRY_MS_MAX, WATCH_RETRY_MS_MIN } from '../../../core/limits.ts';
import type { KubeObject } from '../../../operator/kubernetes/api.ts';
import { Reflector, type ObjectChange } from '../../../operator/kubernetes/reflector.ts';
import { fc } from '../../properties.ts';
import { MemoryWatcher } from './memory-watcher.ts';
import { VirtualTime } from './virtual-time.ts';

const MAPS = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

async function reflecting(
  watcher: MemoryWatcher,
  changed: (change: ObjectChange<KubeObject>) => void = () => undefined,
) {
  const time = new VirtualTime();
  const failures: unknown[] = [];
  const reflector = new Reflector<KubeObject>(
    watcher,
    { kind: MAPS, namespace: null },
    { changed, failed: (error) => failures.push(error) },
    { timers: time, fraction: () => 0.5 },
  );
  reflector.start();
  await time.advance(0);
  return { reflector, time, failures };
}

const told = ({ kind, object }: ObjectChange<KubeObject>): string =>
  `${kind} ${object.metadata.name} ${object.metadata.uid!}`;

describe('a reflector', () => {
  test('knows all objects once it is synced, and each change after', async () => {
    const watcher = new MemoryWatcher();
    watcher.put('a', '1');
    const changes: string[] = [];
    const { reflector, time } = await reflecting(watcher, (change) => changes.push(told(change)));
    expect(reflector.isSynced).toBe(true);
    await reflector.synced();
    watcher.put('b', '1');
    watcher.put('a', '2');
    watcher.remove('b');
    await time.advance(0);
    expect(changes).toEqual(['set a uid-0', 'set b uid-1', 'set a uid-0', 'gone b uid-1']);
    expect(reflector.get('rings', 'a')?.metadata.annotations).toEqual({ text: '2' });
    expect(reflector.get('rings', 'b')).toBeNull();
    expect([...reflector.all()]).toHaveLength(1);
    expect(watcher.snapshots).toBe(1);
    await reflector.stop();
  });

  test('tells of an object that was re-created under its name while nobody watched as gone and set', async () => {
    const watcher = new MemoryWatcher();
    watcher.put('a', '1');
    watcher.put('same', '1');
    const changes: string[] = [];
    const { reflector, time } = await reflecting(watcher, (change) => changes.push(told(change)));
    changes.length = 0;
    watcher.endWatches(new Error('cut'));
    watcher.failing = new Error('away');
    watcher.remove('a');
    watcher.put('a', '1');
    await time.advance(1_000);
    watcher.failing = null;
    await time.advance(60_000);
    expect(changes).toEqual(['gone a uid-0', 'set a uid-2']);
    await reflector.stop();
  });

  test('goes on from where a watch ended in order, without a list', async () => {
    const watcher = new MemoryWatcher();
    const { reflector, time, failures } = await reflecting(watcher);
    await time.advance(WATCH_MS_MIN);
    watcher.endWatches(null);
    watcher.put('a', '1');
    await time.advance(0);
    expect(reflector.get('rings', 'a')).not.toBeNull();
    expect([watcher.snapshots, failures]).toEqual([1, []]);
    await reflector.stop();
  });

  test('lists again where the history has expired', async () => {
    const watcher = new MemoryWatcher();
    const { reflector, time } = await reflecting(watcher);
    await time.advance(WATCH_MS_MIN);
    watcher.endWatches(null);
    watcher.put('a', '1');
    watcher.compact();
    await time.advance(60_000);
    expect(reflector.get('rings', 'a')).not.toBeNull();
    expect(watcher.snapshots).toBe(2);
    await reflector.stop();
  });

  test('sees a store that was restored from a back-up', async () => {
    const watcher = new MemoryWatcher();
    watcher.put('a', '1');
    const old = [...watcher.objects.values()];
    for (let i = 0; i < 5; i++) watcher.put('b', String(i));
    const { reflector, time } = await reflecting(watcher);
    watcher.restore(old);
    watcher.endWatches(new Error('the API server restarts'));
    await time.advance(60_000);
    expect([...reflector.all()].map(({ metadata }) => metadata.name)).toEqual(['a']);
    watcher.put('c', '1');
    await time.advance(0);
    expect(reflector.get('rings', 'c')).not.toBeNull();
    await reflector.stop();
  });

  test('tries an API server that is away ever more slowly, and is calm once it is back', async () => {
    const watcher = new MemoryWatcher();
    watcher.failing = new Error('away');
    const time = new VirtualTime();
    const waits: number[] = [];
    const reflector = new Reflector<KubeObject>(
      watcher,
      { kind: MAPS, namespace: null },
      { changed: () => undefined, failed: (_, ms) => waits.push(ms) },
      { timers: time, fraction: () => 0.999 },
    );
    reflector.start();
    await time.advance(10 * WATCH_RETRY_MS_MAX);
    expect(waits.slice(0, 3).map((ms) => Math.round(ms / WATCH_RETRY_MS_MIN))).toEqual([1, 2, 4]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(WATCH_RETRY_MS_MAX);
    expect(waits.length).toBeLessThan(20);
    watcher.failing = null;
    await time.advance(WATCH_RETRY_MS_MAX);
    expect(reflector.isSynced).toBe(true);
    watcher.endWatches(new Error('cut'));
    await time.advance(0);
    expect(waits.at(-1)).toBeLessThanOrEqual(WATCH_RETRY_MS_MIN);
    await reflector.stop();
  });

  test('does not open a watch in a loop that ends as soon as it begins', async () => {
    const watcher = new MemoryWatcher();
    const { reflector, time, failures } = await reflecting(watcher);
    for (let i = 0; i < 5; i++) {
      watcher.endWatches(null);
      await time.advance(0);
    }
    expect(failures).toEqual([new Error('the watch ended as soon as it began')]);
    await reflector.stop();
  });

  test('goes on where a handler throws, and says so', async () => {
    const watcher = new MemoryWatcher();
    const { reflector, time, failures } = await reflecting(watcher, () => {
      throw new Error('a bug');
    });
    watcher.put('a', '1');
    watcher.put('b', '1');
    await time.advance(0);
    expect(failures).toEqual([new Error('a bug'), new Error('a bug')]);
    expect([...reflector.all()]).toHaveLength(2);
    await reflector.stop();
  });

  test('is stale by the time that the API server has said nothing', async () => {
    const watcher = new MemoryWatcher();
    const { reflector, time } = await reflecting(watcher);
    await time.advance(70_000);
    expect(reflector.staleMs()).toBe(70_000);
    watcher.bookmark();
    await time.advance(0);
    expect(reflector.staleMs()).toBe(0);
    await reflector.stop();
  });

  test('leaves no watch, no timer and no promise when it stops, wherever it was', async () => {
    for (const failing of [null, new Error('away')]) {
      const watcher = new MemoryWatcher();
      watcher.failing = failing;
      const { reflector, time } = await reflecting(watcher);
      await reflector.stop();
      expect([watcher.watches, time.pending]).toEqual([0, 0]);
      const before = watcher.snapshots;
      await time.advance(100_000);
      expect(watcher.snapshots).toBe(before);
    }
  });

  test('keeps no record of who set which field', async () => {
    const watcher = new MemoryWatcher();
    watcher.put('a', '1');
    const { reflector } = await reflecting(watcher);
    expect(reflector.get('rings', 'a')?.metadata).not.toHaveProperty('managedFields');
    await reflector.stop();
  });
});

type Step = (watcher: MemoryWatcher) => void;
const names = fc.constantFrom('a', 'b', 'c');
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.tuple(names, fc.string()).map(
      ([name, text]) =>
        (watcher) =>
          watcher.put(name, text),
    ),
    names.map((name) => (watcher) => watcher.remove(name)),
    names.map((name) => (watcher) => {
      watcher.remove(name);
      watcher.put(name, 'again');
    }),
    fc.constant((watcher) => watcher.endWatches(null)),
    fc.constant((watcher) => watcher.endWatches(new Error('cut'))),
    fc.constant((watcher) => watcher.compact()),
    fc.constant((watcher) => (watcher.failing = new Error('away'))),
    fc.constant((watcher) => (watcher.failing = null)),
  ),
  { maxLength: 40 },
);

test('whatever happens between, the picture becomes what the API server has, and what was told adds up to it', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.boolean()), async (taken, pauses) => {
      const watcher = new MemoryWatcher();
      const view = new Map<string, string>();
      const { reflector, time } = await reflecting(watcher, ({ kind, object: { metadata } }) => {
        const known = view.get(metadata.name);
        if (kind === 'gone') {
          expect(known).toBe(metadata.uid);
          view.delete(metadata.name);
        } else {
          expect(known ?? metadata.uid).toBe(metadata.uid);
          view.set(metadata.name, metadata.uid!);
        }
      });
      for (const [i, step] of taken.entries()) {
        step(watcher);
        if (pauses[i % Math.max(1, pauses.length)] === true) await time.advance(700);
      }
      watcher.failing = null;
      await time.advance(2 * WATCH_RETRY_MS_MAX);
      const wanted = [...watcher.objects.values()].map(({ metadata }) => [
        metadata.name,
        metadata.uid,
        metadata.resourceVersion,
      ]);
      const held = [...reflector.all()].map(({ metadata }) => [
        metadata.name,
        metadata.uid,
        metadata.resourceVersion,
      ]);
      expect(held.sort()).toEqual(wanted.sort());
      expect([...view].sort()).toEqual(wanted.map(([name, uid]) => [name, uid]));
      await reflector.stop();
      expect([watcher.watches, time.pending]).toEqual([0, 0]);
    }),
    { numRuns: 150 },
  );
});
