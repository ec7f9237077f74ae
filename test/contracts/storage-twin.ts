// Any history of a store beside a plain map: both must tell the same.
import { expect, test } from '@jest/globals';
import { keyOf, slotOf } from '../../core/ring/hash.ts';
import { loadBytes } from '../../node/storage/record.ts';
import type { Storage } from '../../node/storage/storage.ts';
import { documentOf, keysOfSlot, objectOf, stored } from '../node/storage/samples.ts';
import { fc } from '../properties.ts';

/** Runs with a new, empty store and closes it. */
export type WithStorage = (run: (storage: Storage) => Promise<void>) => Promise<void>;

const BITS = 3;

type Command =
  | { kind: 'put' | 'remove' | 'load'; key: number; size: number }
  | { kind: 'erase' | 'scan'; slot: number }
  | { kind: 'await' };

export function twin(withStorage: WithStorage): void {
  const command: fc.Arbitrary<Command> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('put' as const, 'put' as const, 'remove' as const, 'load' as const),
        key: fc.nat(30),
        size: fc.nat(600),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('erase' as const, 'scan' as const),
        slot: fc.nat(7),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'await' as const }) },
  );

  test('any history of writes, erasures, loads and scans gives what a plain map gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), (commands) =>
        withStorage(async (storage) => {
          await stored(storage, { kind: 'document', document: documentOf(BITS) });
          const map = new Map<string, ReturnType<typeof objectOf>>();
          for (const [i, step] of commands.entries()) await follow(storage, map, step, i + 1);
          await stored(storage);
          await storage.counted;
          expect(countsOf(storage)).toEqual(tally(map));
        }),
      ),
      { numRuns: 40 },
    );
  });
}

async function follow(
  storage: Storage,
  map: Map<string, ReturnType<typeof objectOf>>,
  step: Command,
  counter: number,
): Promise<void> {
  const inSlot = (slot: number): string[] =>
    [...map.keys()].filter((text) => slotOf(keyOf(text), BITS) === slot);
  switch (step.kind) {
    case 'put': {
      const object = objectOf('v'.repeat(step.size), counter);
      map.set(`key-${step.key}`, object);
      return storage.store(
        [{ kind: 'record', key: keyOf(`key-${step.key}`), object }],
        () => undefined,
      );
    }
    case 'remove':
      map.delete(`key-${step.key}`);
      return storage.store(
        [{ kind: 'record', key: keyOf(`key-${step.key}`), object: null }],
        () => undefined,
      );
    case 'load': {
      const wanted = map.get(`key-${step.key}`) ?? null;
      expect(await storage.load(keyOf(`key-${step.key}`))).toEqual(wanted);
      return;
    }
    case 'erase':
      for (const text of inSlot(step.slot)) map.delete(text);
      return storage.store([{ kind: 'erase-slot', slot: step.slot }], () => undefined);
    case 'scan':
      expect((await keysOfSlot(storage, step.slot, 2)).sort()).toEqual(inSlot(step.slot).sort());
      return;
    case 'await':
      return stored(storage);
  }
}

function countsOf(storage: Storage): { keys: number[]; bytes: number[] } {
  const { keys, bytes } = storage.counts();
  return { keys: [...keys], bytes: [...bytes] };
}

function tally(map: Map<string, ReturnType<typeof objectOf>>): { keys: number[]; bytes: number[] } {
  const keys = new Array<number>(2 ** BITS).fill(0);
  const bytes = new Array<number>(2 ** BITS).fill(0);
  for (const [text, object] of map) {
    const key = keyOf(text);
    keys[slotOf(key, BITS)]!++;
    bytes[slotOf(key, BITS)]! += loadBytes(key, object);
  }
  return { keys, bytes };
}
