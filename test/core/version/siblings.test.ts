import { describe, expect, test } from '@jest/globals';
import type { Key, Sibling, VersionedObject } from '../../../core/api/object.ts';
import {
  collectableSince,
  etagOf,
  latestSibling,
  liveSiblings,
  mergeObjects,
  objectBytes,
  objectDigest,
  sameVersions,
  withoutValues,
  writeObject,
} from '../../../core/version/siblings.ts';
import { coversDot } from '../../../core/version/vector.ts';
import { fc } from '../../properties.ts';
import {
  deepFreeze,
  dotsOf,
  histories,
  mergeTwins,
  objectsOf,
  siblingOf,
  spell,
} from './history.ts';

const KEY: Key = { text: 'k', high: 0x12345678, low: 0x9abcdef0 };

/** A history and three objects that stood at replicas in it. */
const threeObjects = fc
  .tuple(histories, fc.nat(), fc.nat(), fc.nat())
  .filter(([history]) => objectsOf(history).length > 0)
  .map(([history, i, j, k]) => {
    const objects = objectsOf(history);
    const pick = (n: number): VersionedObject => deepFreeze(objects[n % objects.length]!);
    return [pick(i), pick(j), pick(k)] as const;
  });
const lone = (facts: Partial<Sibling>, counter = 1): VersionedObject =>
  deepFreeze(writeObject(null, null, siblingOf({ actor: 'a.1', counter }, facts)));
const values = (object: VersionedObject): string[] =>
  object.siblings.map((sibling) => spell(sibling.dot)).sort();
const twinOf = (object: VersionedObject) => ({
  seen: dotsOf(object.context),
  held: new Set(values(object)),
});

describe('merging what two replicas hold', () => {
  test('is idempotent, commutative and associative', () => {
    fc.assert(
      fc.property(threeObjects, ([a, b, c]) => {
        expect(mergeObjects(a, a)).toBe(a);
        expect(mergeObjects(a, b)).toEqual(mergeObjects(b, a));
        expect(mergeObjects(mergeObjects(a, b), c)).toEqual(mergeObjects(a, mergeObjects(b, c)));
        expect(sameVersions(mergeObjects(mergeObjects(a, b), b), mergeObjects(a, b))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('keeps what the twin with explicit sets of dots keeps', () => {
    fc.assert(
      fc.property(threeObjects, ([a, b]) => {
        const merged = mergeObjects(a, b);
        expect(twinOf(merged)).toEqual(mergeTwins(twinOf(a), twinOf(b)));
        expect(values(merged)).toEqual(merged.siblings.map(({ dot }) => spell(dot)));
        for (const { dot } of merged.siblings) expect(coversDot(merged.context, dot)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('every replica of a history holds exactly what its twin holds', () => {
    fc.assert(
      fc.property(histories, ({ moments }) => {
        for (const { objects, twins } of moments) {
          objects.forEach((object, i) => {
            if (object !== null) expect(twinOf(object)).toEqual(twins[i]);
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  test('no write vanishes unless a later write had seen or replaced it (I1)', () => {
    fc.assert(
      fc.property(histories, ({ moments, written, replaced }) => {
        const all = (moments.at(-1)?.objects ?? []).filter((object) => object !== null);
        const merged = all.reduce<VersionedObject | null>(mergeObjects, null);
        const kept = new Set(merged === null ? [] : values(merged));
        for (const dot of written) expect(kept.has(dot) || replaced.has(dot)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('gives back the very object that the other adds nothing to', () => {
    fc.assert(
      fc.property(threeObjects, ([a, b]) => {
        const merged = mergeObjects(a, b);
        if (sameVersions(merged, a)) expect(merged).toBe(a);
        else if (sameVersions(merged, b)) expect(merged).toBe(b);
        else expect([values(a), values(b)]).not.toContainEqual([...values(merged), 'another']);
        expect(mergeObjects(null, a)).toBe(a);
        expect(mergeObjects(merged, a)).toBe(merged);
        expect(mergeObjects(merged, b)).toBe(merged);
      }),
      { numRuns: 500 },
    );
  });

  test('keeps the own bytes of a version that both hold', () => {
    const own = lone({});
    expect(mergeObjects(own, deepFreeze(withoutValues(own)))).toBe(own);
  });
});

describe('a write', () => {
  const first = lone({});
  const concurrent = deepFreeze(writeObject(null, null, siblingOf({ actor: 'b.1', counter: 1 })));
  const both = deepFreeze(mergeObjects(first, concurrent));
  const next = deepFreeze(siblingOf({ actor: 'a.1', counter: 2 }));

  test('without a context replaces everything that this replica holds', () => {
    const after = writeObject(both, null, next);
    expect(after.siblings).toEqual([next]);
    expect(after.context).toEqual({ actors: ['a.1', 'b.1'], counters: [2, 1] });
  });

  test('with a context replaces what was read and stands beside what was not', () => {
    const after = writeObject(both, first.context, next);
    expect(values(after)).toEqual(['a.1:2', 'b.1:1']);
    expect(values(mergeObjects(after, both))).toEqual(['a.1:2', 'b.1:1']);
  });

  test('with the full context replaces all siblings, here and where it is merged', () => {
    const after = writeObject(both, both.context, next);
    expect(after.siblings).toEqual([next]);
    expect(mergeObjects(both, after)).toBe(after);
  });

  test('with a context that the replica never saw takes its knowledge along', () => {
    const after = writeObject(null, both.context, next);
    expect(mergeObjects(both, after)).toBe(after);
    expect(values(writeObject(first, concurrent.context, next))).toEqual(['a.1:1', 'a.1:2']);
  });

  test('of an old context makes siblings instead of losing an update', () => {
    const second = writeObject(first, first.context, next);
    const late = writeObject(second, first.context, siblingOf({ actor: 'a.1', counter: 3 }));
    expect(values(late)).toEqual(['a.1:2', 'a.1:3']);
  });

  test('of a tombstone is a version like any other: an older value does not come back (I7)', () => {
    const deleted = writeObject(
      first,
      first.context,
      siblingOf({ actor: 'b.1', counter: 1 }, { value: null }),
    );
    expect(mergeObjects(first, deleted)).toBe(deleted);
    expect(mergeObjects(deleted, first)).toBe(deleted);
    expect(liveSiblings(deleted, 0)).toEqual([]);
  });

  test('concurrent with a delete survives it', () => {
    const deleted = writeObject(
      first,
      first.context,
      siblingOf({ actor: 'b.1', counter: 1 }, { value: null }),
    );
    const updated = writeObject(first, first.context, next);
    expect(liveSiblings(mergeObjects(deleted, updated), 0)).toEqual([next]);
  });
});

describe('what a reader sees', () => {
  test('leaves out tombstones and what has expired, at the millisecond', () => {
    const object = lone({ expiresAtMs: 1_000 });
    expect(liveSiblings(object, 999)).toBe(object.siblings);
    expect(liveSiblings(object, 1_000)).toEqual([]);
    expect(liveSiblings(null, 0)).toEqual([]);
    expect(liveSiblings(lone({ value: null }), 0)).toEqual([]);
  });

  test('the latest sibling is the same in whatever order they come; ties go by dot', () => {
    const old = siblingOf({ actor: 'z.1', counter: 9 }, { time: 1 });
    const left = siblingOf({ actor: 'a.1', counter: 1 }, { time: 2 });
    const right = siblingOf({ actor: 'b.1', counter: 1 }, { time: 2 });
    expect(latestSibling([old, left, right])).toBe(right);
    expect(latestSibling([right, left, old])).toBe(right);
    expect(latestSibling([])).toBeNull();
  });
});

describe('a record is collectable', () => {
  const tombstone = siblingOf({ actor: 'b.1', counter: 1 }, { value: null, time: 700 * 1024 + 3 });
  const fading = siblingOf({ actor: 'c.1', counter: 1 }, { expiresAtMs: 900 });

  test('never while one value lives for ever', () => {
    expect(collectableSince(lone({}))).toBeNull();
    expect(
      collectableSince(writeObject(lone({}), { actors: [], counters: [] }, tombstone)),
    ).toBeNull();
  });

  test('since its last sibling was deleted or expired', () => {
    const both = writeObject(
      writeObject(null, null, tombstone),
      { actors: [], counters: [] },
      fading,
    );
    expect(collectableSince(writeObject(null, null, tombstone))).toBe(700);
    expect(collectableSince(both)).toBe(900);
  });
});

describe('digest and etag', () => {
  test('are equal exactly for the same versions', () => {
    fc.assert(
      fc.property(threeObjects, ([a, b]) => {
        const same =
          JSON.stringify([a.context, values(a)]) === JSON.stringify([b.context, values(b)]);
        expect(sameVersions(a, b)).toBe(same);
        expect(etagOf(a) === etagOf(b)).toBe(same);
        const [left, right] = [objectDigest(KEY, a), objectDigest(KEY, b)];
        expect(left.high === right.high && left.low === right.low).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  test('depend on versions only, never on values, times or content types', () => {
    fc.assert(
      fc.property(threeObjects, ([a]) => {
        const siblings = a.siblings.map((each) => ({
          ...each,
          time: 5,
          contentType: 'x',
          expiresAtMs: 9,
        }));
        const bare = deepFreeze(withoutValues({ context: a.context, siblings }));
        expect(objectDigest(KEY, bare)).toEqual(objectDigest(KEY, a));
        expect(etagOf(bare)).toBe(etagOf(a));
      }),
    );
  });

  test('the digest tells keys apart, the etag does not', () => {
    const other: Key = { ...KEY, low: KEY.low - 1 };
    expect(objectDigest(other, lone({}))).not.toEqual(objectDigest(KEY, lone({})));
    expect(etagOf(lone({}))).toMatch(/^[A-Za-z0-9_-]{11}$/);
  });

  test('tell counters apart beyond 32 bits', () => {
    expect(etagOf(lone({}, 2 ** 32 + 1))).not.toBe(etagOf(lone({}, 1)));
    expect(etagOf(lone({}, 2 ** 33 + 1))).not.toBe(etagOf(lone({}, 2 ** 32 + 1)));
  });

  test('hold for an object with more versions than the first buffer has room for', () => {
    const grow = (count: number): VersionedObject =>
      Array.from({ length: count }, (_, i) => i).reduce<VersionedObject | null>(
        (object, i) =>
          writeObject(
            object,
            { actors: [], counters: [] },
            siblingOf({ actor: `0123456789abcdef.${String(i)}`, counter: 1 }),
          ),
        null,
      )!;
    expect(etagOf(deepFreeze(grow(300)))).toBe(etagOf(deepFreeze(grow(300))));
    expect(etagOf(grow(300))).not.toBe(etagOf(grow(299)));
  });
});

describe('size', () => {
  test('grows with the value by its bytes, and without values still holds the versions', () => {
    const small = lone({ value: new Uint8Array(10) });
    const large = lone({ value: new Uint8Array(1010) });
    expect(objectBytes(large) - objectBytes(small)).toBe(1000);
    const bare = withoutValues(large);
    expect(bare.siblings[0]!.value).toHaveLength(0);
    expect(sameVersions(bare, large)).toBe(true);
    expect(withoutValues(lone({ value: null })).siblings[0]!.value).toBeNull();
  });
});
