import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import {
  DATA_LIMITS,
  HINT_VISIT_TICKS,
  LINGER_TICKS,
  SUSPICION_TICKS,
} from '../../../core/limits.ts';
import { finishChange } from '../../../core/membership/change.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { CalmRing, documentOf, heldAt, keyWhere, valuesAt } from './calm-ring.ts';
import { edit, readNew, stamp, towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
const hintsAt = (ring: CalmRing, name: string) => reportOf(ring.node(name).replica).hints;

/** `at` coordinated a write of k that c missed, and holds the hint for it. */
function missed(change: Partial<RingDocument> = {}, names = ABC): CalmRing {
  const ring = CalmRing.of(names, change);
  ring.lose(({ body }) => body.kind === 'compare');
  ring.kill('c');
  expect(ring.put('a', 'k', 'v').kind).toBe('written');
  ring.ticks(LINGER_TICKS + 1);
  expect(hintsAt(ring, 'a').items).toBe(1);
  return ring;
}

describe('a hint', () => {
  test('is kept for the replica that did not answer, and only by the coordinator', () => {
    const ring = missed();
    expect([...ring.node('a').hints.keys()]).toEqual(['c']);
    expect(hintsAt(ring, 'b').items).toBe(0);
  });

  test('stays until its target has stored it durably', () => {
    const ring = missed();
    const sync = ring.stall('c', 'stored');
    ring.restart('c');
    ring.ticks(2 * HINT_VISIT_TICKS);
    expect(hintsAt(ring, 'a').items).toBe(1);
    sync();
    ring.ticks(HINT_VISIT_TICKS);
    expect(hintsAt(ring, 'a').items).toBe(0);
    expect(valuesAt(ring, 'c', 'k')).toEqual(['v']);
  });

  test('outlives the process that keeps it (riak_kv 847)', () => {
    const ring = missed();
    ring.input('a', { kind: 'drain' });
    ring.restart('a');
    expect(hintsAt(ring, 'a').items).toBe(1);
    ring.restart('c');
    ring.ticks(2 * HINT_VISIT_TICKS);
    expect(valuesAt(ring, 'c', 'k')).toEqual(['v']);
  });

  test('of a write whose coordinator drains is stored before the drain ends', () => {
    const ring = CalmRing.of(ABC);
    ring.kill('c');
    ring.put('a', 'k', 'v');
    ring.input('a', { kind: 'drain' });
    ring.ticks(LINGER_TICKS + 1);
    expect(ring.events.map(({ event }) => event.kind)).toContain('drained');
    expect(ring.node('a').hints.get(incarnation('c'))?.size).toBe(1);
  });

  test('that is too old is dropped, not delivered (R10)', () => {
    const ring = missed({ limits: { ...DATA_LIMITS, hintAgeMs: 10_000 } });
    ring.ticks(130);
    expect(hintsAt(ring, 'a').items).toBe(0);
    expect(ring.events.map(({ event }) => event)).toContainEqual({
      kind: 'hints-dropped',
      items: 1,
      why: 'age',
    });
    ring.lose(({ body }) => body.kind === 'exchange');
    ring.restart('c');
    ring.ticks(2 * HINT_VISIT_TICKS);
    expect(heldAt(ring, 'c', 'k')).toBeNull();
  });

  test('says how old the oldest is', () => {
    const ring = missed();
    ring.ticks(100);
    expect(hintsAt(ring, 'a').oldestAgeMs).toBeGreaterThanOrEqual(10_000);
  });

  test('that is kept while its target is visited is not forgotten', () => {
    const ring = missed();
    const visit = ring.stall('a', 'scanned-hints');
    ring.ticks(HINT_VISIT_TICKS);
    ring.put('a', 'l', 'w');
    ring.ticks(LINGER_TICKS + 1);
    visit();
    ring.restart('c');
    ring.ticks(3 * HINT_VISIT_TICKS);
    expect(valuesAt(ring, 'c', 'l')).toEqual(['w']);
    expect(hintsAt(ring, 'a')).toMatchObject({ items: 0, bytes: 0 });
  });

  test('of a newer write is not dropped with the older one that was being delivered', () => {
    const ring = missed();
    const answers = ring.stall(
      (node, input) =>
        node.incarnation === 'a' &&
        input.kind === 'envelope' &&
        input.envelope.from === 'c' &&
        input.envelope.body.kind === 'stored',
    );
    ring.restart('c');
    ring.ticks(HINT_VISIT_TICKS);
    const writes = ring.lose(({ to, body }) => to === 'c' && body.kind === 'write');
    expect(ring.put('a', 'k', 'newer').kind).toBe('written');
    ring.ticks(LINGER_TICKS + 1);
    answers();
    writes();
    ring.ticks(2 * HINT_VISIT_TICKS);
    expect(valuesAt(ring, 'c', 'k')).toEqual(['newer']);
  });

  test('goes to the owners of its key, where its target no longer is one (R11)', () => {
    const names = [...ABC, 'd'];
    const ring = CalmRing.of(names);
    const key = keyWhere(documentOf(names), ({ reads }) =>
      reads.members.every((m) => m !== incarnation('d')),
    );
    ring.lose(
      ({ body }) => body.kind === 'compare' || (body.kind === 'push' && body.records.length > 1),
    );
    ring.kill('c');
    ring.put('a', key, 'v');
    ring.ticks(LINGER_TICKS + 1);
    const holder = names.find((name) => name !== 'c' && ring.node(name).hints.size > 0)!;
    const document = towards(documentOf(names), ['a', 'b', 'd']);
    const read = readNew(document);
    const stable = edit(finishChange(read, stamp(read)));
    ring.post(document);
    ring.ticks(10);
    for (const name of ['a', 'b', 'd']) ring.node(name).records.delete(key);
    for (const name of ['a', 'b', 'd']) ring.restart(name);
    ring.post(read);
    ring.post(stable);
    ring.ticks(2 * HINT_VISIT_TICKS);
    for (const name of ['a', 'b', 'd']) expect(valuesAt(ring, name, key)).toEqual(['v']);
    expect(hintsAt(ring, holder).items).toBe(0);
  });
});

describe('a stand-in in sloppy mode', () => {
  test('keeps the hints of two coordinators for one target and key side by side', () => {
    const names = ['a', 'b', 'c', 'd'];
    const ring = CalmRing.of(names, { mode: 'sloppy' });
    ring.lose(({ body }) => body.kind === 'compare');
    const abc = ['a', 'b', 'c'].map(incarnation);
    const key = keyWhere(documentOf(names), ({ reads }) =>
      abc.every((m) => reads.members.includes(m)),
    );
    ring.kill('c');
    ring.cut('a', 'b');
    ring.ticks(SUSPICION_TICKS + 1);
    const context = { actors: [], counters: [] };
    expect(ring.put('a', key, 'from a', { context }).kind).toBe('written');
    expect(ring.put('b', key, 'from b', { context }).kind).toBe('written');
    ring.kill('a');
    ring.kill('b');
    ring.restart('c');
    ring.ticks(2 * HINT_VISIT_TICKS);
    expect(valuesAt(ring, 'c', key)).toEqual(['from a', 'from b']);
  });
});

describe('a leaver', () => {
  /** a leaves with a hint for c, which stays silent; time passes in between. */
  function leaving(waitTicks: number) {
    const names = [...ABC, 'd'];
    const ring = CalmRing.of(names, { limits: { ...DATA_LIMITS, hintAgeMs: 60_000 } });
    const key = keyWhere(
      documentOf(names),
      ({ reads }) =>
        reads.members[0] === incarnation('a') && reads.members.includes(incarnation('c')),
    );
    ring.kill('c');
    expect(ring.put('a', key, 'v').kind).toBe('written');
    ring.ticks(LINGER_TICKS + 1);
    const since = ring.node('a').hints.get(incarnation('c'))!.get(key)!.hint.sinceMs;
    ring.ticks(waitTicks);
    const stored = { ...documentOf(names), limits: { ...DATA_LIMITS, hintAgeMs: 60_000 } };
    const document = towards(stored, ['b', 'c', 'd']);
    ring.post(document, ['a', 'b', 'd']);
    return { ring, key, since };
  }

  const heirsOf = (ring: CalmRing, key: string) =>
    ['b', 'd'].flatMap((name) => {
      const held = ring.node(name).hints.get(incarnation('c'))?.get(key);
      return held === undefined ? [] : [held.hint];
    });

  test('hands its hints to a live owner of the key rather than wait for a silent target (R11)', () => {
    const { ring, key } = leaving(0);
    ring.ticks(2 * HINT_VISIT_TICKS);
    expect(hintsAt(ring, 'a').items).toBe(0);
    expect(heirsOf(ring, key)).toHaveLength(1);
    ring.lose(({ body }) => body.kind === 'compare');
    ring.kill('a');
    ring.restart('c');
    ring.ticks(4 * HINT_VISIT_TICKS);
    expect(valuesAt(ring, 'c', key)).toEqual(['v']);
  });

  test('keeps a hint until its heir has stored it durably', () => {
    const { ring } = leaving(0);
    const syncs = ['b', 'd'].map((name) => ring.stall(name, 'stored'));
    ring.ticks(HINT_VISIT_TICKS);
    expect(hintsAt(ring, 'a').items).toBe(1);
    for (const sync of syncs) sync();
    ring.ticks(2 * HINT_VISIT_TICKS);
    expect(hintsAt(ring, 'a').items).toBe(0);
  });

  test('hands a hint on with its age: it must not outlive the grace of tombstones (R10, I7)', () => {
    const { ring, key, since } = leaving(200);
    ring.ticks(2 * HINT_VISIT_TICKS);
    expect(heirsOf(ring, key).map(({ sinceMs }) => sinceMs)).toEqual([since]);
  });
});
