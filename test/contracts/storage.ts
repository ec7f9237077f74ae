// What every store must do, whatever it is made of: run against memory and level alike.
import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';
import type { StoreWrite } from '../../core/replica/effects.ts';
import { compareKeys, keyOf, slotOf } from '../../core/ring/hash.ts';
import { loadBytes } from '../../node/storage/record.ts';
import type { Storage } from '../../node/storage/storage.ts';
import { documentOf, keysOfSlot, objectOf, recordOf, stored } from '../node/storage/samples.ts';
import { twin, type WithStorage } from './storage-twin.ts';

const BITS = 3;
const alice = incarnation('00000000000000a1');
const bob = incarnation('00000000000000b0');

export function storageContract(name: string, withStorage: WithStorage): void {
  describe(`${name} as a store`, () => {
    loads(withStorage);
    order(withStorage);
    pages(withStorage);
    erasures(withStorage);
    hints(withStorage);
    counts(withStorage);
    twin(withStorage);
  });
}

function loads(withStorage: WithStorage): void {
  test('a key never written is absent', () =>
    withStorage(async (storage) => {
      expect(await storage.load(keyOf('a'))).toBeNull();
      expect(await storage.load(keyOf('a'))).toBeNull();
    }));

  test('a load sees a write that is issued and not yet durable', () =>
    withStorage(async (storage) => {
      let durable = false;
      storage.store([recordOf('a', 'one')], () => {
        durable = true;
      });
      const seen = storage.load(keyOf('a'));
      expect(durable).toBe(false);
      expect(seen).toEqual(objectOf('one'));
      await stored(storage);
      expect(durable).toBe(true);
    }));

  test('the last of several writes in one effect counts', () =>
    withStorage(async (storage) => {
      await stored(storage, recordOf('a', 'one', 1), recordOf('a', 'two', 2));
      expect(await storage.load(keyOf('a'))).toEqual(objectOf('two', 2));
      expect(storage.counts().keys[slotOf(keyOf('a'), 12)]).toBe(1);
    }));

  test('a removed record is absent', () =>
    withStorage(async (storage) => {
      await stored(storage, recordOf('a', 'one'));
      await stored(storage, { kind: 'record', key: keyOf('a'), object: null });
      expect(await storage.load(keyOf('a'))).toBeNull();
    }));

  test('a record that is said to be new is there, also where its absence was asked for before', () =>
    withStorage(async (storage) => {
      const isNew = true as const;
      const keys = ['a', 'b'].map((text) => keyOf(text));
      expect(await storage.load(keys[0]!)).toBeNull();
      const writes = keys.map((key) => ({
        kind: 'record' as const,
        key,
        isNew,
        object: objectOf('v'),
      }));
      storage.store(writes, () => undefined);
      for (const key of keys) expect(await storage.load(key)).toEqual(objectOf('v'));
      await stored(storage);
      for (const key of keys) expect(await storage.load(key)).toEqual(objectOf('v'));
      const loads = keys.map((key) => storage.counts().bytes[slotOf(key, 12)]);
      expect(loads).toEqual(keys.map((key) => loadBytes(key, objectOf('v'))));
    }));

  test('a value that is a small part of a large frame does not keep the frame', () =>
    withStorage(async (storage) => {
      const frame = new Uint8Array(100_000).fill(7);
      const object = objectOf('');
      const sibling = { ...object.siblings[0]!, value: frame.subarray(10, 20) };
      await stored(storage, {
        kind: 'record',
        key: keyOf('a'),
        object: { ...object, siblings: [sibling] },
      });
      const loaded = await storage.load(keyOf('a'));
      const value = (loaded as typeof object).siblings[0]!.value!;
      expect(value).toEqual(new Uint8Array(10).fill(7));
      expect(value.buffer.byteLength).toBeLessThan(1000);
    }));
}

function order(withStorage: WithStorage): void {
  test('writes become durable in the order they were issued, each once, and never at once', () =>
    withStorage(async (storage) => {
      const seen: number[] = [];
      for (let i = 0; i < 100; i++) {
        storage.store(i % 3 === 0 ? [] : [recordOf(`key-${i % 7}`, 'x', i)], () => {
          seen.push(i);
        });
      }
      expect(seen).toEqual([]);
      await stored(storage);
      expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i));
    }));

  test('close waits for what is pending', () =>
    withStorage(async (storage) => {
      let durable = false;
      storage.store([recordOf('a', 'one')], () => {
        durable = true;
      });
      await storage.close();
      expect(durable).toBe(true);
    }));

  test('a write after close is a bug', () =>
    withStorage(async (storage) => {
      await storage.close();
      expect(() => {
        storage.store([], () => undefined);
      }).toThrow('after it was closed');
    }));
}

function pages(withStorage: WithStorage): void {
  test('pages of any size give a slot once and in stored order', () =>
    withStorage(async (storage) => {
      const keys = Array.from({ length: 60 }, (_, i) => keyOf(`key-${i}`));
      await stored(storage, { kind: 'document', document: documentOf(BITS) });
      await stored(storage, ...keys.map(({ text }) => recordOf(text, 'v')));
      for (let slot = 0; slot < 2 ** BITS; slot++) {
        const wanted = keys.filter((key) => slotOf(key, BITS) === slot).sort(compareKeys);
        for (const limit of [1, 3, 60]) {
          expect(await keysOfSlot(storage, slot, limit)).toEqual(wanted.map(({ text }) => text));
        }
      }
    }));

  test('a scan sees what was issued before it', () =>
    withStorage(async (storage) => {
      const key = keyOf('a');
      storage.store([recordOf('a', 'one')], () => undefined);
      const page = await storage.scan({
        slot: slotOf(key, 12),
        after: null,
        until: null,
        limit: 10,
        bytesMax: 1000,
      });
      expect(page).toEqual({
        records: [{ key, object: objectOf('one') }],
        corrupt: [],
        next: null,
      });
    }));

  test('a page starts after one key and ends with another', () =>
    withStorage(async (storage) => {
      await stored(storage, { kind: 'document', document: documentOf(BITS) });
      const all = Array.from({ length: 60 }, (_, i) => keyOf(`key-${i}`));
      await stored(storage, ...all.map(({ text }) => recordOf(text, 'v')));
      const keys = all.filter((key) => slotOf(key, BITS) === 0).sort(compareKeys);
      const page = await storage.scan({
        slot: 0,
        after: keys[0]!,
        until: keys[2]!,
        limit: 10,
        bytesMax: 1e6,
      });
      expect(page.records.map(({ key }) => key)).toEqual(keys.slice(1, 3));
      expect(page.next).toBeNull();
    }));

  test('the bytes of a page are bounded, but one record always comes', () =>
    withStorage(async (storage) => {
      await stored(storage, { kind: 'document', document: documentOf(BITS) });
      const all = Array.from({ length: 60 }, (_, i) => keyOf(`key-${i}`));
      await stored(storage, ...all.map(({ text }) => recordOf(text, 'v'.repeat(1000))));
      const keys = all.filter((key) => slotOf(key, BITS) === 1).sort(compareKeys);
      const page = async (bytesMax: number) => {
        const { records, next } = await storage.scan({
          slot: 1,
          after: null,
          until: null,
          limit: 10,
          bytesMax,
        });
        return { texts: records.map(({ key }) => key.text), next };
      };
      const two = keys.slice(0, 2);
      const bytes = two.reduce((sum, key) => sum + loadBytes(key, objectOf('v'.repeat(1000))), 0);
      expect(await page(10)).toEqual({ texts: [keys[0]!.text], next: keys[0] });
      expect(await page(bytes)).toEqual({ texts: two.map(({ text }) => text), next: two[1] });
      expect((await page(bytes - 1)).texts).toHaveLength(1);
    }));

  test('the first and the last slot of the ring hold their edges', () =>
    withStorage(async (storage) => {
      const first: Key = { text: 'first', high: 0, low: 0 };
      const last: Key = { text: 'last', high: 0xffffffff, low: 0xffffffff };
      await stored(
        storage,
        ...[first, last].map((key): StoreWrite => ({ kind: 'record', key, object: objectOf('v') })),
      );
      expect(await keysOfSlot(storage, 0, 10)).toEqual(['first']);
      expect(await keysOfSlot(storage, 4095, 10)).toEqual(['last']);
    }));
}

function erasures(withStorage: WithStorage): void {
  test('an erased slot keeps only what was written after, also within one effect', () =>
    withStorage(async (storage) => {
      await stored(storage, { kind: 'document', document: documentOf(BITS) });
      const keys = Array.from({ length: 60 }, (_, i) => keyOf(`key-${i}`)).filter(
        (key) => slotOf(key, BITS) === 5,
      );
      const [old, early, again, late] = keys.map(({ text }) => text) as [
        string,
        string,
        string,
        string,
      ];
      await stored(storage, recordOf(old, 'x'), recordOf(again, 'x'));
      storage.store([recordOf(early, 'x')], () => undefined);
      storage.store(
        [recordOf(again, 'y'), { kind: 'erase-slot', slot: 5 }, recordOf(again, 'z')],
        () => undefined,
      );
      storage.store([recordOf(late, 'x')], () => undefined);
      const found = keys.slice(0, 4).map(async (key) => storage.load(key));
      const wanted = [null, null, objectOf('z'), objectOf('x')];
      expect(await Promise.all(found)).toEqual(wanted);
      await stored(storage);
      expect(await Promise.all(keys.slice(0, 4).map(async (key) => storage.load(key)))).toEqual(
        wanted,
      );
      expect((await keysOfSlot(storage, 5, 10)).sort()).toEqual([again, late].sort());
      expect(storage.counts().keys[5]).toBe(2);
    }));

  test('a load on its way to the disk does not bring an erased record back', () =>
    withStorage(async (storage) => {
      const slot = slotOf(keyOf('a'), 12);
      await stored(storage, recordOf('a', 'one'));
      storage.store([{ kind: 'erase-slot', slot }], () => undefined);
      expect(await storage.load(keyOf('a'))).toBeNull();
      await stored(storage);
      expect(await storage.load(keyOf('a'))).toBeNull();
    }));
}

function hints(withStorage: WithStorage): void {
  const hint = (target: typeof alice, text: string, sinceMs: number): StoreWrite => ({
    kind: 'hint',
    target,
    key: keyOf(text),
    hint: { object: objectOf(text), sinceMs },
  });
  const pageOf = (storage: Storage, target: typeof alice, limit = 10) =>
    storage.scanHints({ target, after: null, limit, bytesMax: 1e6 });

  test('hints are kept once per target and key, apart from records', () =>
    withStorage(async (storage) => {
      await stored(storage, hint(alice, 'a', 1), hint(bob, 'a', 2), hint(alice, 'a', 3));
      expect(await storage.load(keyOf('a'))).toBeNull();
      expect((await pageOf(storage, alice)).hints).toEqual([
        { key: keyOf('a'), hint: { object: objectOf('a'), sinceMs: 3 } },
      ]);
      expect((await pageOf(storage, bob)).hints.map((found) => found.hint.sinceMs)).toEqual([2]);
    }));

  test('hints are paged in stored order', () =>
    withStorage(async (storage) => {
      const texts = ['a', 'b', 'c', 'd', 'e'];
      await stored(storage, ...texts.map((text) => hint(alice, text, 1)));
      const sorted = texts.map((text) => keyOf(text)).sort(compareKeys);
      const first = await pageOf(storage, alice, 2);
      expect(first.hints.map(({ key }) => key)).toEqual(sorted.slice(0, 2));
      expect(first.next).toEqual(sorted[1]);
      const rest = await storage.scanHints({
        target: alice,
        after: first.next,
        limit: 9,
        bytesMax: 1e6,
      });
      expect(rest.hints.map(({ key }) => key)).toEqual(sorted.slice(2));
      expect(rest.next).toBeNull();
    }));

  test('a hint that is removed leaves those of other targets', () =>
    withStorage(async (storage) => {
      await stored(storage, hint(alice, 'b', 1), hint(bob, 'b', 1));
      await stored(storage, { kind: 'hint', target: bob, key: keyOf('b'), hint: null });
      expect((await pageOf(storage, bob)).hints).toEqual([]);
      expect((await pageOf(storage, alice)).hints).toHaveLength(1);
    }));
}

function counts(withStorage: WithStorage): void {
  test('the first document tells how many slots there are', () =>
    withStorage(async (storage) => {
      expect(storage.counts().keys).toHaveLength(4096);
      await stored(storage, { kind: 'document', document: documentOf(BITS) });
      await storage.counted;
      await stored(storage, recordOf('a', 'one'));
      const slot = slotOf(keyOf('a'), BITS);
      expect([...storage.counts().keys]).toEqual(
        Array.from({ length: 8 }, (_, i) => Number(i === slot)),
      );
      expect(storage.counts().bytes[slot]).toBe(loadBytes(keyOf('a'), objectOf('one')));
    }));
}
