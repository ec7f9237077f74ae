import { describe, expect, test } from '@jest/globals';
import {
  chordPath,
  R,
  runsOf,
  sectorsOf,
  withGuests,
  zoneArcs,
} from '../../../operator/console/page/geometry.ts';
import {
  neighboursOf,
  rangesText,
  sharesOf,
  slotHealth,
} from '../../../operator/console/page/slots.ts';
import type { Slots, Table } from '../../../operator/console/page/slots.ts';

const members = (count: number, zones = 1) =>
  Array.from({ length: count }, (_, i) => ({ id: `dev-${i}`, zone: `z${i % zones}` }));

/** Owners in turn, each followed by the next one. */
const table = (count: number, slots: number, width = 2): Table => ({
  slots,
  width,
  seats: members(count).map(({ id }) => id),
  holders: Uint16Array.from(
    { length: slots * width },
    (_, at) => (Math.floor(at / width) + (at % width)) % count,
  ),
});

describe('the drawing', () => {
  test.each([1, 2, 3, 14, 100, 1024])('gives each of %i members its own place', (count) => {
    const sectors = sectorsOf(members(count, 3));
    expect(new Set(sectors.map(({ id }) => id)).size).toBe(count);
    sectors.forEach(({ from, until }, i) => {
      expect(until).toBeGreaterThan(from);
      if (i > 0) expect(from).toBeGreaterThanOrEqual(sectors[i - 1]!.until);
    });
    expect(sectors.at(-1)!.until).toBeLessThanOrEqual(1);
  });

  test('keeps the members of a zone together, and draws no zone where there is one', () => {
    expect(zoneArcs(sectorsOf(members(9, 3))).map(({ zone }) => zone)).toEqual(['z0', 'z1', 'z2']);
    expect(zoneArcs(sectorsOf(members(9)))).toEqual([]);
  });

  test('puts who may join where the fewest are', () => {
    const guests = withGuests(members(4, 3), ['x', 'y', 'z']).slice(4);
    expect(guests.map(({ zone }) => zone)).toEqual(['z1', 'z2', 'z0']);
    expect(withGuests([], ['x'])).toEqual([{ id: 'x', zone: '' }]);
  });

  test('leads no line across the hub', () => {
    for (let to = 0.01; to < 1; to += 0.01) {
      const [x1, y1, cx, cy, x2, y2] = chordPath(0, to, R.lines, R.lines)
        .match(/-?[\d.]+/g)!
        .map(Number) as [number, number, number, number, number, number];
      for (let t = 0; t <= 1; t += 0.05) {
        const on = (a: number, c: number, b: number): number =>
          (1 - t) ** 2 * a + 2 * t * (1 - t) * c + t ** 2 * b;
        expect(Math.hypot(on(x1, cx, x2), on(y1, cy, y2))).toBeGreaterThan(R.hub);
      }
    }
  });

  test('joins neighbouring arcs of one kind', () => {
    expect(runsOf(Uint8Array.of(0, 1, 1, 2))).toEqual([
      { kind: 1, from: 0.25, until: 0.75 },
      { kind: 2, from: 0.75, until: 1 },
    ]);
  });
});

describe('the slots', () => {
  test('tell who follows whom, and how often', () => {
    const { successors, predecessors } = neighboursOf(table(3, 12), 'dev-1');
    expect(successors).toEqual([{ id: 'dev-2', slots: 4 }]);
    expect(predecessors).toEqual([{ id: 'dev-0', slots: 4 }]);
  });

  test('show the worst of each arc, so that a single one glows', () => {
    const slots: Slots = { epoch: 1, now: table(4, 8), next: null };
    const health = (live: readonly string[], quorum = 1) => [
      ...slotHealth(slots, new Set(live), { copies: 2, quorum, bins: 4 }),
    ];
    expect(health(['dev-0', 'dev-1', 'dev-2', 'dev-3'])).toEqual([0, 0, 0, 0]);
    expect(health(['dev-0', 'dev-1', 'dev-2'])).toEqual([0, 2, 0, 2]);
    expect(health(['dev-0', 'dev-1', 'dev-2'], 2)).toEqual([0, 3, 0, 3]);
    const next = table(5, 8);
    const moving = slotHealth({ ...slots, next }, new Set(slots.now.seats), {
      copies: 2,
      quorum: 2,
      bins: 8,
    });
    expect([...moving]).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
  });

  test('of a member are its own, or held for others, and are told as ranges', () => {
    const { owned, copied } = sharesOf(table(4, 8), 'dev-1');
    expect([owned, copied]).toEqual([
      [1, 5],
      [0, 4],
    ]);
    expect(rangesText([0, 1, 2, 7, 9, 10])).toBe('0–2, 7, 9–10');
  });
});
