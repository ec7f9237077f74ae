import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { flowsOf, ringState, slotMap } from '../../../operator/console/state.ts';
import type { RingState } from '../../../operator/console/view.ts';
import { decodeSlots, holdersOf } from '../../../operator/console/page/slots.ts';
import { IdealRing } from '../planner/ideal-ring.ts';
import { lookAt } from './place-at-hand.ts';

const stateOf = (ring: IdealRing): RingState =>
  ringState(lookAt(ring), {
    ring: 'dev',
    handlingOf: () => null,
    figuresOf: () => null,
    flows: flowsOf(ring.document),
  });

const untilPhase = (ring: IdealRing, phase: string): void => {
  for (let i = 0; ring.document?.phase !== phase; i++) {
    if (i > 50) throw new Error(`never ${phase}`);
    ring.pass();
  }
};

describe('what the page is told', () => {
  test('a ring at rest is safe, and says so first', () => {
    const state = stateOf(IdealRing.settledAt(5));
    expect(state.verdict).toEqual({
      level: 'good',
      title: 'Safe',
      text: 'Every slot has 3 live copies. Nothing is left to do.',
    });
    expect(state.copies).toEqual([0, 0, 0, 16]);
    expect(state.members.map(({ id, condition }) => `${id} ${condition}`)).toEqual(
      [0, 1, 2, 3, 4].map((i) => `dev-${i} serving`),
    );
  });

  test('a member away means fewer copies, named, and every key can still be read', () => {
    const ring = IdealRing.settledAt(3);
    ring.node(1).process = 'stopped';
    const { verdict, copies, members } = stateOf(ring);
    expect(copies).toEqual([0, 0, 16, 0]);
    expect([verdict.level, verdict.title]).toEqual(['warn', 'Fewer copies']);
    expect(verdict.text).toBe(
      '16 slots have fewer than 3 live copies. Every key can be read and written. Not there: dev-1.',
    );
    expect(members[1]).toMatchObject({ condition: 'down', live: false, load: null });
  });

  test('two of three away means that nothing can be read or written', () => {
    const ring = IdealRing.settledAt(3);
    for (const i of [0, 1]) ring.node(i).process = 'stopped';
    expect(stateOf(ring).verdict).toMatchObject({ level: 'bad', title: 'Unavailable' });
    expect(stateOf(ring).verdict.text).toMatch(/^16 slots answer neither reads nor writes/);
  });

  test('a ring of one is whole with one copy, and says that it wants more', () => {
    const { verdict, copies } = stateOf(IdealRing.settledAt(1));
    expect(copies).toEqual([0, 16, 0, 0]);
    expect(verdict).toMatchObject({ level: 'warn' });
    expect(verdict.text).toContain('There are fewer members than copies');
  });

  test('a change tells from whom to whom its slots go, as many as the joiner needs', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 4 };
    untilPhase(ring, 'write-both');
    const state = stateOf(ring);
    expect(state.verdict).toMatchObject({ level: 'busy', title: 'Changing' });
    expect(state.flows.every(({ to, from }) => to === 'dev-3' && from !== 'dev-3')).toBe(true);
    const moved = state.flows.reduce((sum, { slots }) => sum + slots, 0);
    expect(moved).toBe(state.members.find(({ id }) => id === 'dev-3')?.slotsNext);
  });

  test('a joiner that has not heard of the change yet makes no ring unavailable', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 4 };
    untilPhase(ring, 'write-both');
    expect(ring.node(3).document?.epoch).not.toBe(ring.document?.epoch);
    expect(stateOf(ring).verdict.title).toBe('Changing');
    ring.node(3).process = 'stopped';
    ring.node(0).process = 'stopped';
    expect(stateOf(ring).verdict).toMatchObject({ level: 'bad' });
    expect(stateOf(ring).verdict.text).toMatch(/take no writes: too few of their copies are live/);
  });

  test('once reads ask the new ring, a joiner that is away is a copy less', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 4 };
    untilPhase(ring, 'write-both');
    ring.node(3).process = 'stopped';
    expect(stateOf(ring).copies[3]).toBe(16);
    ring.node(3).process = 'running';
    untilPhase(ring, 'read-new');
    ring.node(3).process = 'stopped';
    expect(stateOf(ring).copies[3]).toBeLessThan(16);
  });

  test('what was done by hand is told as that, not as a fault', () => {
    const ring = IdealRing.settledAt(3);
    ring.node(1).process = 'stopped';
    const beside = { ring: 'dev', figuresOf: () => null, flows: [] };
    const held = ringState(lookAt(ring), {
      ...beside,
      handlingOf: (id) => (id === nodeId('dev-1') ? 'held' : null),
    });
    expect(held.members[1]).toMatchObject({ condition: 'held', words: 'stopped by hand' });
  });

  test('a ring that is not founded yet has no slots and no fault', () => {
    const ring = new IdealRing();
    expect(stateOf(ring)).toMatchObject({ slots: 0, verdict: { title: 'Starting' }, members: [] });
    expect(slotMap(null)).toBeNull();
  });

  test('the slots arrive as they were sent, owners first', () => {
    const ring = IdealRing.settledAt(5);
    const map = slotMap(ring.document)!;
    const { now } = decodeSlots(map);
    expect(now.slots).toBe(16);
    for (let slot = 0; slot < 16; slot++) expect(new Set(holdersOf(now, slot)).size).toBe(3);
  });
});
