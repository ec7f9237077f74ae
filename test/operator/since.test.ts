import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../core/api/ids.ts';
import type { Wait } from '../../operator/planner/actions.ts';
import { lasting } from '../../operator/since.ts';

const streams = (message: string): Wait => ({
  reason: 'StreamsRunning',
  message,
  unblock: '',
  nodes: [nodeId('dev-3')],
});
const silent = (id: string): Wait => ({
  reason: 'MemberUnreachable',
  message: `${id} does not answer`,
  unblock: '',
  nodes: [nodeId(id)],
});
const ready = (status: 'True' | 'False') => ({ type: 'Ready', status, reason: 'X', message: '' });

describe('since when things are as they are', () => {
  test('a wait whose figures change is the same wait; another member is another one', () => {
    const first = lasting(
      { waits: [streams('9 slots'), silent('dev-1')], conditions: [] },
      null,
      5,
    );
    const then = lasting(
      { waits: [streams('7 slots'), silent('dev-2')], conditions: [] },
      first,
      9,
    );
    expect(then.waits.map(({ sinceMs }) => sinceMs)).toEqual([5, 9]);
  });

  test('a wait that ended and begins again begins again', () => {
    const first = lasting({ waits: [silent('dev-1')], conditions: [] }, null, 5);
    const between = lasting({ waits: [], conditions: [] }, first, 6);
    const again = lasting({ waits: [silent('dev-1')], conditions: [] }, between, 7);
    expect(again.waits[0]?.sinceMs).toBe(7);
  });

  test('a condition counts from when its status turned, whatever its reason', () => {
    const first = lasting({ waits: [], conditions: [ready('False')] }, null, 5);
    const other = { ...ready('False'), reason: 'Y' };
    const then = lasting({ waits: [], conditions: [other] }, first, 8);
    const turned = lasting({ waits: [], conditions: [ready('True')] }, then, 9);
    expect([then, turned].map(({ conditions }) => conditions[0]?.sinceMs)).toEqual([5, 9]);
  });
});
