// The store on disk: the contract with a roomy cache, with none, and relaxed; what a restart finds;
// and how damage and other hands on the folder are met.
import { describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { incarnation } from '../../../core/api/ids.ts';
import type { RingError } from '../../../core/errors.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
import { metaKey, recordKey } from '../../../node/storage/keys.ts';
import { openLevelStorage, type LevelStorageOptions } from '../../../node/storage/level.ts';
import { sealText } from '../../../node/storage/record.ts';
import type { Storage } from '../../../node/storage/storage.ts';
import { storageContract } from '../../contracts/storage.ts';
import { documentOf, objectOf, recordOf, stored, withFolder } from './samples.ts';

const unexpected = (error: RingError): void => {
  throw error;
};

function open(folder: string, options: Partial<LevelStorageOptions> = {}): Promise<Storage> {
  return openLevelStorage({ folder, durability: 'sync', failed: unexpected, ...options });
}

async function using(
  folder: string,
  options: Partial<LevelStorageOptions>,
  run: (storage: Storage) => Promise<void>,
): Promise<void> {
  const storage = await open(folder, options);
  try {
    await run(storage);
  } finally {
    await storage.close();
  }
}

/** Changes LevelDB's content behind the store's back. */
async function tamper(
  folder: string,
  change: (db: ClassicLevel<Uint8Array, Uint8Array>) => Promise<void>,
): Promise<void> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(join(folder, 'store'), {
    keyEncoding: 'view',
    valueEncoding: 'view',
  });
  await change(db);
  await db.close();
}

async function flipByte(folder: string, stored: Uint8Array): Promise<void> {
  await tamper(folder, async (db) => {
    const sealed = Uint8Array.from((await db.get(stored))!);
    sealed[sealed.length - 1]! ^= 1;
    await db.put(stored, sealed);
  });
}

for (const [name, options] of [
  ['level', {}],
  ['level without a cache', { cacheBytes: 0 }],
  ['level, relaxed', { durability: 'relaxed' }],
] as const) {
  storageContract(name, (run) => withFolder((folder) => using(folder, options, run)));
}

describe('a restart', () => {
  test('finds records, document, actor, marks and the tally of hints', () =>
    withFolder(async (folder) => {
      const document = documentOf(4, 7);
      const actor = { term: 3, lease: 20_000, clean: true };
      const target = incarnation('00000000000000b0');
      const before = await open(folder);
      expect(before.state.document).toBeNull();
      await stored(
        before,
        { kind: 'document', document },
        { kind: 'actor', actor },
        recordOf('a', 'one'),
        { kind: 'mark', name: 'gain/5', value: 'x' },
        { kind: 'mark', name: 'gain/6', value: 'y' },
        { kind: 'mark', name: 'gain/5', value: null },
        { kind: 'hint', target, key: keyOf('h'), hint: { object: objectOf('h'), sinceMs: 5 } },
      );
      await before.close();
      await using(folder, {}, async (after) => {
        expect(after.identity).toEqual(before.identity);
        expect(after.state.document).toEqual(document);
        expect(after.state.actor).toEqual(actor);
        expect([...after.state.marks]).toEqual([['gain/6', 'y']]);
        expect([...after.state.hints.keys()]).toEqual([target]);
        expect(after.state.hints.get(target)!.items).toBe(1);
        expect(await after.load(keyOf('a'))).toEqual(objectOf('one'));
      });
    }));

  test('counts what is there while new writes go on, erased slots included', () =>
    withFolder(async (folder) => {
      const keys = Array.from({ length: 3000 }, (_, i) => `key-${i}`);
      await using(folder, {}, async (storage) => {
        await stored(storage, { kind: 'document', document: documentOf(3) });
        await stored(storage, ...keys.map((text) => recordOf(text, 'v')));
      });
      await using(folder, {}, async (storage) => {
        const erased = slotOf(keyOf('key-0'), 3);
        storage.store(
          [
            recordOf('key-1', 'longer'),
            recordOf('new', 'v'),
            { kind: 'record', key: keyOf('key-2'), object: null },
            { kind: 'erase-slot', slot: erased },
            recordOf('key-0', 'v'),
          ],
          () => undefined,
        );
        await Promise.all([storage.counted, stored(storage)]);
        const wanted = new Array<number>(8).fill(0);
        for (const text of [...keys, 'new']) wanted[slotOf(keyOf(text), 3)]!++;
        wanted[slotOf(keyOf('key-2'), 3)]!--;
        wanted[erased] = 1;
        expect([...storage.counts().keys]).toEqual(wanted);
        const live = { ...storage.counts() };
        await storage.close();
        await using(folder, {}, async (again) => {
          await again.counted;
          expect(again.counts().keys).toEqual(live.keys);
          expect(again.counts().bytes).toEqual(live.bytes);
        });
      });
    }));
});

describe('the cache', () => {
  test('answers at once what was written or asked for before, and stays within its bound', () =>
    withFolder((folder) =>
      using(folder, { cacheBytes: 20_000 }, async (storage) => {
        const texts = Array.from({ length: 200 }, (_, i) => `key-${i}`);
        await stored(storage, ...texts.map((text) => recordOf(text, 'v'.repeat(100))));
        expect(storage.stats().cacheBytes).toBeLessThanOrEqual(20_000);
        expect(storage.load(keyOf('key-199'))).toEqual(objectOf('v'.repeat(100)));
        const cold = storage.load(keyOf('key-0'));
        expect(cold).toBeInstanceOf(Promise);
        expect(await cold).toEqual(objectOf('v'.repeat(100)));
        expect(storage.load(keyOf('key-0'))).toEqual(objectOf('v'.repeat(100)));
      }),
    ));

  test('a write that overtakes a load from the disk is what later loads see', () =>
    withFolder((folder) =>
      using(folder, { cacheBytes: 3_000 }, async (storage) => {
        await stored(storage, recordOf('a', 'old', 1));
        await stored(storage, ...Array.from({ length: 50 }, (_, i) => recordOf(`key-${i}`, 'v')));
        const early = storage.load(keyOf('a'));
        storage.store([recordOf('a', 'new', 2)], () => undefined);
        expect(await early).toEqual(objectOf('old', 1));
        expect(storage.load(keyOf('a'))).toEqual(objectOf('new', 2));
        await stored(storage);
        expect(await storage.load(keyOf('a'))).toEqual(objectOf('new', 2));
      }),
    ));

  test('a load that was on its way while its slot was erased leaves nothing behind', () =>
    withFolder((folder) =>
      using(folder, { cacheBytes: 3_000 }, async (storage) => {
        await stored(storage, recordOf('a', 'old'));
        await stored(storage, ...Array.from({ length: 50 }, (_, i) => recordOf(`key-${i}`, 'v')));
        const early = storage.load(keyOf('a'));
        storage.store([{ kind: 'erase-slot', slot: slotOf(keyOf('a'), 12) }], () => undefined);
        expect(await early).toEqual(objectOf('old'));
        await stored(storage);
        expect(await storage.load(keyOf('a'))).toBeNull();
      }),
    ));
});

describe('R9', () => {
  test('a folder whose volume differs is a new incarnation and holds nothing', () =>
    withFolder(async (folder) => {
      let first = '';
      await using(folder, { volumeUid: 'volume-1' }, async (storage) => {
        first = storage.identity.incarnation;
        await stored(storage, recordOf('a', 'one'), {
          kind: 'actor',
          actor: { term: 1, lease: 1, clean: false },
        });
      });
      await using(folder, { volumeUid: 'volume-2' }, async (storage) => {
        expect(storage.identity.volume).toBe('volume-2');
        expect(storage.identity.incarnation).not.toBe(first);
        expect(storage.state.actor).toBeNull();
        expect(await storage.load(keyOf('a'))).toBeNull();
      });
    }));

  test('a copied folder is a new incarnation, the original goes on', () =>
    withFolder(async (folder) => {
      const { cp } = await import('node:fs/promises');
      const copy = join(folder, 'copy'),
        original = join(folder, 'original');
      let first = '';
      await using(original, {}, async (storage) => {
        first = storage.identity.incarnation;
        await stored(storage, recordOf('a', 'one'));
      });
      await cp(original, copy, { recursive: true, preserveTimestamps: true });
      await using(copy, {}, async (storage) => {
        expect(storage.identity.incarnation).not.toBe(first);
        expect(await storage.load(keyOf('a'))).toBeNull();
      });
      await using(original, {}, async (storage) => {
        expect(storage.identity.incarnation).toBe(first);
        expect(await storage.load(keyOf('a'))).toEqual(objectOf('one'));
      });
    }));

  test('an emptied store under an old identity is a new incarnation', () =>
    withFolder(async (folder) => {
      const { rm } = await import('node:fs/promises');
      let first = '';
      await using(folder, {}, (storage) => {
        first = storage.identity.incarnation;
        return Promise.resolve();
      });
      await rm(join(folder, 'store'), { recursive: true });
      await using(folder, {}, (storage) => {
        expect(storage.identity.incarnation).not.toBe(first);
        return Promise.resolve();
      });
    }));

  test('a record whose checksum fails is corrupt in loads and scans, never absent', () =>
    withFolder(async (folder) => {
      const key = keyOf('a');
      await using(folder, {}, (storage) =>
        stored(storage, recordOf('a', 'one'), recordOf('b', 'two')),
      );
      await flipByte(folder, recordKey(key));
      await using(folder, {}, async (storage) => {
        expect(await storage.load(key)).toBe('corrupt');
        expect(await storage.load(key)).toBe('corrupt');
        const slot = slotOf(key, 12);
        expect(
          await storage.scan({ slot, after: null, until: null, limit: 9, bytesMax: 1e6 }),
        ).toEqual({ records: [], corrupt: [key], next: null });
        await stored(storage, recordOf('a', 'healed', 2));
        expect(await storage.load(key)).toEqual(objectOf('healed', 2));
        await storage.counted;
        expect(storage.counts().keys[slot]).toBe(1);
      });
    }));

  test('a value under another key is corrupt', () =>
    withFolder(async (folder) => {
      await using(folder, {}, (storage) => stored(storage, recordOf('a', 'one')));
      await tamper(folder, async (db) => {
        await db.put(recordKey(keyOf('b')), (await db.get(recordKey(keyOf('a'))))!);
      });
      await using(folder, {}, async (storage) => {
        expect(await storage.load(keyOf('b'))).toBe('corrupt');
      });
    }));
});

describe('a store that cannot be used', () => {
  test('is refused while another holds the folder', () =>
    withFolder((folder) =>
      using(folder, {}, async () => {
        await expect(open(folder)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
      }),
    ));

  test('is refused with corrupt meta data', () =>
    withFolder(async (folder) => {
      await using(folder, {}, (storage) =>
        stored(storage, { kind: 'actor', actor: { term: 1, lease: 1, clean: true } }),
      );
      await flipByte(folder, metaKey('actor'));
      await expect(open(folder)).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('Move the folder away') as unknown,
      });
    }));

  test('is refused where LevelDB cannot open it', () =>
    withFolder(async (folder) => {
      await using(folder, {}, (storage) => stored(storage, recordOf('a', 'one')));
      await writeFile(join(folder, 'store', 'CURRENT'), 'MANIFEST-999999\n');
      await expect(open(folder)).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('Move the folder away') as unknown,
      });
    }));

  test('is refused with a damaged identity file', () =>
    withFolder(async (folder) => {
      await using(folder, {}, () => Promise.resolve());
      await writeFile(join(folder, 'identity.json'), '{"format":1,');
      await expect(open(folder)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    }));

  test('is refused, untouched, when a newer version wrote it', () =>
    withFolder(async (folder) => {
      await using(folder, {}, (storage) => stored(storage, recordOf('a', 'one')));
      const path = join(folder, 'identity.json');
      const identity = await readFile(path, 'utf8');
      await writeFile(path, identity.replace('"format":1', '"format":2'));
      await expect(open(folder)).rejects.toMatchObject({ code: 'NEWER_FORMAT' });
      await writeFile(path, identity);
      const format = metaKey('format');
      await tamper(folder, (db) => db.put(format, sealText(format, '2')));
      await expect(open(folder)).rejects.toMatchObject({ code: 'NEWER_FORMAT' });
      await tamper(folder, (db) => db.put(format, sealText(format, '1')));
      await using(folder, {}, async (storage) => {
        expect(await storage.load(keyOf('a'))).toEqual(objectOf('one'));
      });
    }));
});
