import { describe, expect, test } from '@jest/globals';
import { namesOf, requestIds } from '../../../node/http/request-ids.ts';
import { withNode } from '../live-node.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

describe('a request', () => {
  test('keeps the id of its client, made unique within the ring', () => {
    const ids = requestIds('node');
    const twice = [1, 2].map(() => ids.next({ requestId: 'mine', traceparent: undefined }));
    expect(twice.map(({ shown }) => shown)).toEqual(['mine', 'mine']);
    expect(new Set(twice.map(({ internal }) => internal)).size).toBe(2);
    expect(twice.every(({ internal }) => internal.startsWith('mine~'))).toBe(true);
  });

  test.each([undefined, '', 'two words', 'x'.repeat(129), ['a', 'b'], 'line\nbreak'])(
    'whose id is %j is given one',
    (requestId) => {
      const { shown, internal } = requestIds('node').next({ requestId, traceparent: undefined });
      expect(shown).toBe('node-1');
      expect(namesOf(internal)).toEqual({ requestId: 'node-1' });
    },
  );

  test('of a trace is named by it, unless it has a name of its own', () => {
    const ids = requestIds('node');
    const traced = ids.next({ requestId: undefined, traceparent: TRACEPARENT });
    expect(traced.shown).toBe(TRACE);
    const named = ids.next({ requestId: 'mine', traceparent: TRACEPARENT });
    expect(named.shown).toBe('mine');
    expect(named.internal.startsWith('mine~')).toBe(true);
    for (const { internal } of [traced, named])
      expect(namesOf(internal)).toEqual({ requestId: internal, traceId: TRACE });
  });

  test.each([
    'nonsense',
    `ff-${TRACE}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
  ])('with the trace %j has none', (traceparent) => {
    const { internal } = requestIds('node').next({ requestId: undefined, traceparent });
    expect(namesOf(internal)).toEqual({ requestId: 'node-1' });
  });

  test('of a trace tells it in its answer', async () => {
    await withNode(async ({ call }) => {
      const { headers } = await call('GET', '/v1/kv/a', { headers: { traceparent: TRACEPARENT } });
      expect(headers['x-request-id']).toBe(TRACE);
    });
  });
});
