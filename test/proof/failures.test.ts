import { describe, expect, test } from '@jest/globals';
import { excuse } from './failures.ts';
import type { Failure } from './failures.ts';
import { OPERATOR, Outages } from './outages.ts';

function failure(part: Partial<Failure>): Failure {
  return {
    client: 0,
    what: 'write',
    key: 'a',
    code: 'QUORUM_UNAVAILABLE',
    detail: '',
    via: 'ring-0',
    startMs: 10_000,
    endMs: 10_100,
    ...part,
  };
}

/** ring-0 and ring-1 were away for a second, each from its own time. */
function twoGone(firstMs: number, secondMs: number): Outages {
  const outages = new Outages();
  outages.begin('ring-0', 'killed', firstMs);
  outages.end('ring-0', firstMs + 1_000);
  outages.begin('ring-1', 'killed', secondMs);
  outages.end('ring-1', secondMs + 1_000);
  return outages;
}

describe('an error of a client is excused', () => {
  test('for a lack of quorum only while two nodes are gone', () => {
    expect(excuse(failure({}), twoGone(9_000, 9_500))).toBe('the quorum was gone');
    expect(excuse(failure({}), twoGone(1_000, 9_500))).toBeNull();
    expect(excuse(failure({}), new Outages())).toBeNull();
  });

  test('for a write whose coordinator may have died under it, but not for a read', () => {
    const outages = new Outages();
    outages.begin('ring-2', 'killed', 10_050);
    expect(excuse(failure({}), outages)).toBe('cut off with its coordinator');
    expect(excuse(failure({ what: 'read' }), outages)).toBeNull();
  });

  test('for a write handed to a coordinator that had just started anew, but not to one that stays dead', () => {
    const outages = new Outages();
    outages.begin('ring-2', 'killed', 6_000);
    const late = failure({ code: 'TIMEOUT', via: 'ring-1' });
    expect(excuse(late, outages)).toBeNull();
    outages.end('ring-2', 10_001);
    expect(excuse(late, outages)).toBe('handed to a coordinator that had just started anew');
    expect(excuse({ ...late, what: 'read' }, outages)).toBeNull();
  });

  test('for a cut connection only where its own node, or through the proxy any, went away', () => {
    const outages = new Outages();
    outages.begin('ring-0', 'killed', 10_050);
    expect(excuse(failure({ code: 'CUT' }), outages)).toBe('cut off with its node');
    expect(excuse(failure({ code: 'CUT', via: null }), outages)).toBe('cut off with its node');
    expect(excuse(failure({ code: 'CUT', via: 'ring-1' }), outages)).toBeNull();
  });

  test('by the proxy being new, when it knows of no node', () => {
    const outages = new Outages();
    outages.begin(OPERATOR, 'killed', 9_000);
    outages.end(OPERATOR, 9_900);
    expect(excuse(failure({ code: 'NOT_SERVING', via: null }), outages)).not.toBeNull();
    expect(excuse(failure({ code: 'NOT_SERVING', via: 'ring-0' }), outages)).toBeNull();
  });

  test('never for silence, a fault of the node, or a damaged record', () => {
    const outages = twoGone(9_000, 9_500);
    for (const code of [
      'SILENCE',
      'INTERNAL',
      'CORRUPT_RECORD',
      'DISK_FULL',
      'BAD_REQUEST',
    ] as const) {
      expect([code, excuse(failure({ code }), outages)]).toEqual([code, null]);
    }
  });
});
