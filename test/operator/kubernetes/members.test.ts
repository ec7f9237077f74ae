import { describe, expect, test } from '@jest/globals';
import {
  membersAnnotation,
  membersOf,
  NO_MEMBERS,
  podsOf,
  shouldRun,
  withHeld,
  withStarted,
} from '../../../operator/kubernetes/members.ts';
import type { Members } from '../../../operator/kubernetes/members.ts';
import type { StatefulSet } from '../../../operator/kubernetes/shapes.ts';
import { fc } from '../../properties.ts';

const stored = (replicas: number, members: Members | string | null): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: {
    name: 'dev',
    annotations:
      members === null
        ? {}
        : typeof members === 'string'
          ? { 'dht.ringkeeper.dev/members': members }
          : membersAnnotation(members),
  },
  spec: { replicas },
});

const running = (members: Members): number[] =>
  Array.from({ length: members.replicas + 2 }, (_, i) => i).filter((i) => shouldRun(members, i));

describe('which pods should run', () => {
  test('any ordinals can, in whatever order they are started and held', () => {
    const step = fc.record({ ordinal: fc.nat(8), start: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let members = NO_MEMBERS;
        const twin = new Set<number>();
        for (const { ordinal, start } of steps) {
          members = start ? withStarted(members, ordinal) : withHeld(members, ordinal);
          if (start) twin.add(ordinal);
          else twin.delete(ordinal);
          expect(running(members)).toEqual([...twin].sort((a, b) => a - b));
          // No pod stands at the end that is not wanted.
          expect(podsOf(members)).toBe(Math.max(-1, ...twin) + 1);
        }
      }),
    );
  });

  test('is read back as it was written, whatever others made of spec.replicas', () => {
    const members = { replicas: 5, held: [1], asleep: false };
    expect(membersOf(stored(2, members))).toEqual(members);
    expect(membersOf(stored(0, { ...members, asleep: true }))).toEqual({
      ...members,
      asleep: true,
    });
  });

  test.each(['', '{}', '{"replicas":-1,"held":[]}', '{"replicas":3,"held":["x"]}', 'null'])(
    'is what is there, where nothing useful is written down: %s',
    (text) => {
      const asItIs = { replicas: 4, held: [], asleep: false };
      expect(membersOf(stored(4, text))).toEqual(asItIs);
      expect(membersOf(stored(4, null))).toEqual(asItIs);
    },
  );
});
