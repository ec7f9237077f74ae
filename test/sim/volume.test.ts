// The simulated disk keeps what the storage port promises, and no more than that.
import { describe, expect, test } from '@jest/globals';
import type { VersionedObject } from '../../core/api/object.ts';
import { keyOf, slotOf } from '../../core/ring/hash.ts';
import { Volume } from './volume.ts';

const BITS = 3;
const key = keyOf('color');
const object = (counter: number): VersionedObject => ({
  context: { actors: ['a.1'], counters: [counter] },
  siblings: [
    {
      dot: { actor: 'a.1', counter },
      value: new Uint8Array([counter]),
      contentType: '',
      time: 0,
      expiresAtMs: 0,
    },
  ],
});

describe('a simulated volume', () => {
  test('shows a write at once and keeps it through a loss of power only after its sync', () => {
    const volume = new Volume('v', BITS);
    volume.write([{ kind: 'record', key, object: object(1) }]);
    volume.write([{ kind: 'record', key, object: object(2) }]);
    expect(volume.applied.find(key)).toEqual(object(2));
    volume.sync(1);
    volume.cutAt(0);
    expect(volume.applied.find(key)).toEqual(object(1));
    expect(volume.durable.find(key)).toEqual(object(1));
  });

  test('takes no record for new that is there', () => {
    const volume = new Volume('v', BITS);
    const write = { kind: 'record', key, object: object(1), isNew: true } as const;
    volume.write([write]);
    expect(() => volume.write([write])).toThrow('color is said to be new and is there');
    volume.write([{ kind: 'erase-slot', slot: slotOf(key, BITS) }, write]);
    expect(volume.applied.find(key)).toEqual(object(1));
  });

  test('loses unsynced writes from some point on, never from the middle', () => {
    const volume = new Volume('v', BITS);
    for (const name of ['one', 'two', 'three']) volume.write([{ kind: 'mark', name, value: 'x' }]);
    volume.cutAt(2);
    expect([...volume.applied.marks.keys()]).toEqual(['one', 'two']);
    volume.recover();
    expect([...volume.durable.marks.keys()]).toEqual(['one', 'two']);
  });

  test('pages through a slot in stored order, and says where to go on', () => {
    const volume = new Volume('v', BITS);
    const slot = slotOf(key, BITS);
    const keys = Array.from({ length: 200 }, (_, i) => keyOf(`k${i}`)).filter(
      (one) => slotOf(one, BITS) === slot,
    );
    volume.write(keys.map((one) => ({ kind: 'record', key: one, object: object(1) })));
    const seen: string[] = [];
    let after: typeof key | null = null;
    do {
      const page = volume.applied.scan({ slot, after, until: null }, 3);
      seen.push(...page.records.map((record) => record.key.text));
      after = page.next;
    } while (after !== null);
    const inOrder = [...keys]
      .sort((a, b) => a.high - b.high || a.low - b.low)
      .map((one) => one.text);
    expect(seen).toEqual(inOrder);
  });

  test('reports a damaged record as damaged until it is written again', () => {
    const volume = new Volume('v', BITS);
    volume.write([{ kind: 'record', key, object: object(1) }]);
    volume.applied.corrupt.add('color');
    expect(volume.applied.load(key)).toBe('corrupt');
    volume.write([{ kind: 'record', key, object: object(2) }]);
    expect(volume.applied.load(key)).toEqual(object(2));
  });
});
