import { describe, expect, test } from '@jest/globals';
import { forecast, movesOf } from '../../../operator/planner/forecast.ts';
import { IdealRing } from './ideal-ring.ts';

function loaded(ring: IdealRing) {
  const of = (perSlot: number) => new Array<number>(16).fill(perSlot);
  const loads = new Map(
    [...ring.nodes.values()].map(
      (node) => [node.incarnation, { keys: of(10), bytes: of(1000) }] as const,
    ),
  );
  return { ...ring.observe(), loads };
}

const total = (
  parts: readonly { slots: number; keys: number; bytes: number }[],
  what: 'slots' | 'keys' | 'bytes',
) => parts.reduce((sum, part) => sum + part[what], 0);

describe('the forecast', () => {
  test('counts what joiners that do not exist yet will get, and from whom', () => {
    const ring = IdealRing.settledAt(3);
    const members = forecast({ ...ring.desired, replicas: 5 }, loaded(ring));
    expect(members.map(({ id }) => id)).toEqual(['dev-0', 'dev-1', 'dev-2', 'dev-3', 'dev-4']);
    const gets = members.map((m) => m.gets);
    expect(total(gets, 'slots')).toBe(
      total(
        members.map((m) => m.gives),
        'slots',
      ),
    );
    expect(total(gets, 'keys')).toBe(10 * total(gets, 'slots'));
    expect(members[3]!.gets.bytes).toBe(1000 * members[3]!.gets.slots);
    expect(members[3]!.gets.slots).toBeGreaterThan(0);
    expect(members[0]!.gets.slots).toBe(0);
  });

  test('is what the change then does', () => {
    const ring = IdealRing.settledAt(4);
    const before = ring.document!.current;
    const said = forecast({ ...ring.desired, replicas: 3 }, loaded(ring));
    ring.desired = { ...ring.desired, replicas: 3 };
    ring.settle();
    const moved = movesOf(before, ring.document!.current, new Map());
    const slots = new Map<string, number>(
      ring.document!.members.map((m) => [m.id, moved.get(m.incarnation)?.gets.slots ?? 0]),
    );
    for (const { id, gets } of said) expect(gets.slots).toBe(slots.get(id) ?? 0);
    expect(said.find(({ id }) => id === 'dev-3')!.gives).toMatchObject({ slots: 12, keys: 120 });
  });

  test('is nothing where nothing is asked for, and empty without a ring', () => {
    const ring = IdealRing.settledAt(3);
    const zero = { slots: 0, keys: 0, bytes: 0 };
    expect(forecast(ring.desired, loaded(ring)).map(({ gives, gets }) => [gives, gets])).toEqual([
      [zero, zero],
      [zero, zero],
      [zero, zero],
    ]);
    const fresh = new IdealRing();
    expect(forecast(fresh.desired, fresh.observe())).toEqual([]);
  });

  test('a raised N costs copies and takes none away', () => {
    const ring = IdealRing.settledAt(5);
    const members = forecast({ ...ring.desired, replicationFactor: 4 }, loaded(ring));
    expect(
      total(
        members.map((m) => m.gets),
        'slots',
      ),
    ).toBe(16);
    expect(
      total(
        members.map((m) => m.gives),
        'slots',
      ),
    ).toBe(0);
  });

  test('during a change it is that change', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 4 };
    while (ring.document!.phase === 'stable') ring.pass();
    const gets = new Map<string, number>(
      forecast({ ...ring.desired, replicas: 7 }, loaded(ring)).map((m) => [m.id, m.gets.slots]),
    );
    const moved = movesOf(ring.document!.current, ring.document!.next!, new Map());
    expect(gets.get('dev-3')).toBe(moved.get(ring.node(3).incarnation)!.gets.slots);
    expect([...gets.keys()]).toHaveLength(4);
  });
});
