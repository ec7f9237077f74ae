// The judge is judged: handwritten histories, each with the verdict that the protocol asks for.
import { describe, expect, test } from '@jest/globals';
import { judgeHistory, STRICT_HISTORY, type Call } from './history.ts';

interface Span {
  readonly from: number;
  readonly to?: number;
}

const put = (value: string | null, { from, to }: Span, more: Partial<Call> = {}): Call => ({
  kind: 'write',
  client: 0,
  key: 'k',
  startMs: from,
  endMs: to ?? Infinity,
  outcome: to === undefined ? 'unknown' : 'ok',
  seen: null,
  value,
  basedOn: null,
  expiresAtMs: 0,
  ...more,
});
const remove = (span: Span, more: Partial<Call> = {}): Call => put(null, span, more);
const read = (seen: string[], { from, to }: Span): Call => ({
  kind: 'read',
  client: 1,
  key: 'k',
  startMs: from,
  endMs: to ?? from + 1,
  outcome: 'ok',
  seen,
  value: null,
  basedOn: null,
  expiresAtMs: 0,
});
const verdict = (...calls: Call[]): string[] =>
  judgeHistory(calls, STRICT_HISTORY).map((violation) => violation.invariant);

describe('a history in which nothing went wrong', () => {
  test('one write, read afterwards', () => {
    expect(verdict(put('a', { from: 0, to: 1 }), read(['a'], { from: 2 }))).toEqual([]);
  });

  test('a later write without a context replaces an earlier one', () => {
    expect(
      verdict(put('a', { from: 0, to: 1 }), put('b', { from: 2, to: 3 }), read(['b'], { from: 4 })),
    ).toEqual([]);
  });

  test('concurrent writes may both be there, or either', () => {
    const writes = [put('a', { from: 0, to: 5 }), put('b', { from: 1, to: 4 })];
    expect(verdict(...writes, read(['a', 'b'], { from: 6 }))).toEqual([]);
    expect(verdict(...writes, read(['a'], { from: 6 }))).toEqual([]);
    expect(verdict(...writes, read(['b'], { from: 6 }))).toEqual([]);
  });

  test('a write whose answer never came may have happened, or not, or happen late', () => {
    const unknown = put('b', { from: 2 });
    expect(
      verdict(
        put('a', { from: 0, to: 1 }),
        unknown,
        read(['a'], { from: 4 }),
        read(['b'], { from: 6 }),
      ),
    ).toEqual([]);
  });

  test('a write with a context leaves the siblings that it did not read', () => {
    const seen = read(['a'], { from: 2, to: 3 });
    const calls = [
      put('a', { from: 0, to: 1 }),
      seen,
      put('b', { from: 4, to: 5 }),
      put('c', { from: 6, to: 7 }, { basedOn: seen }),
    ];
    expect(verdict(...calls, read(['b', 'c'], { from: 8 }))).toEqual([]);
  });

  test('a deleted key is not found', () => {
    expect(
      verdict(put('a', { from: 0, to: 1 }), remove({ from: 2, to: 3 }), read([], { from: 4 })),
    ).toEqual([]);
  });

  test('a running write without a context may come back after someone read and replaced its first dot', () => {
    const seen = read(['a'], { from: 2, to: 3 });
    const calls = [
      put('a', { from: 0, to: 9 }),
      seen,
      remove({ from: 4, to: 5 }, { basedOn: seen }),
    ];
    expect(verdict(...calls, read(['a'], { from: 10 }))).toEqual([]);
  });

  test('an expired value is gone, and what it replaced stays gone', () => {
    const calls = [put('a', { from: 0, to: 1 }), put('b', { from: 2, to: 3 }, { expiresAtMs: 10 })];
    expect(verdict(...calls, read(['b'], { from: 5 }), read([], { from: 12 }))).toEqual([]);
  });
});

describe('a history in which something went wrong', () => {
  test('an acknowledged write that a later read does not show is lost (I1)', () => {
    expect(verdict(put('a', { from: 0, to: 1 }), read([], { from: 2 }))).toEqual(['I1']);
  });

  test('an acknowledged write hidden by an older one is lost (I1)', () => {
    const calls = [put('a', { from: 0, to: 1 }), put('b', { from: 2, to: 3 })];
    expect(verdict(...calls, read(['a'], { from: 4 }))).toContain('I1');
  });

  test('a write with a context may not take a sibling along that its reader did not see (I1)', () => {
    const seen = read(['a'], { from: 2, to: 3 });
    const calls = [
      put('a', { from: 0, to: 1 }),
      seen,
      put('b', { from: 4, to: 5 }),
      put('c', { from: 6, to: 7 }, { basedOn: seen }),
    ];
    expect(verdict(...calls, read(['c'], { from: 8 }))).toEqual(['I1']);
  });

  test('a deleted value that is read again came back (I7)', () => {
    const calls = [put('a', { from: 0, to: 1 }), remove({ from: 2, to: 3 })];
    expect(verdict(...calls, read(['a'], { from: 4 }))).toEqual(['I7']);
  });

  test('an expired value that is read again came back (I7)', () => {
    expect(
      verdict(put('a', { from: 0, to: 1 }, { expiresAtMs: 5 }), read(['a'], { from: 9 })),
    ).toEqual(['I7']);
  });

  test('writes made one after another never become siblings (§5)', () => {
    const calls = [put('a', { from: 0, to: 1 }), put('b', { from: 2, to: 3 })];
    expect(verdict(...calls, read(['a', 'b'], { from: 4 }))).toEqual(['§5']);
  });

  test('a value that nobody wrote, wrote only later, or that was refused, is out of thin air', () => {
    expect(verdict(read(['x'], { from: 0 }))).toEqual(['thin air']);
    expect(verdict(read(['a'], { from: 0 }), put('a', { from: 5, to: 6 }))).toEqual(['thin air']);
    expect(
      verdict(put('a', { from: 0, to: 1 }, { outcome: 'failed' }), read(['a'], { from: 2 })),
    ).toEqual(['thin air']);
  });

  test('one write read twice over had two dots (R3)', () => {
    expect(verdict(put('a', { from: 0, to: 1 }), read(['a', 'a'], { from: 2 }))).toEqual(['R3']);
  });

  test('a creation that was acknowledged although a value was there lost that value (I1)', () => {
    const create = put('b', { from: 2, to: 3 }, { seen: [] });
    expect(verdict(put('a', { from: 0, to: 1 }), create)).toEqual(['I1']);
  });
});

describe('modes that promise less', () => {
  test('under lastWriterWins a concurrent loser may vanish, a lone write may not', () => {
    const rules = { ...STRICT_HISTORY, lastWriterWins: true };
    const concurrent = [put('a', { from: 0, to: 5 }), remove({ from: 1, to: 4 })];
    expect(judgeHistory([...concurrent, read([], { from: 6 })], rules)).toEqual([]);
    expect(judgeHistory([put('a', { from: 0, to: 1 }), read([], { from: 6 })], rules)).toHaveLength(
      1,
    );
  });

  test('under lastWriterWins the later of two writes that need not meet may lose by its clock', () => {
    const rules = { ...STRICT_HISTORY, lastWriterWins: true };
    const calls = [
      put('a', { from: 0, to: 1 }),
      put('b', { from: 2, to: 3 }),
      read(['a'], { from: 4 }),
    ];
    expect(judgeHistory(calls, { ...rules, replacesAll: false })).toEqual([]);
    expect(judgeHistory(calls, rules)).not.toEqual([]);
  });

  test('with 2W ≤ N writes made one after another may become siblings', () => {
    const calls = [
      put('a', { from: 0, to: 1 }),
      put('b', { from: 2, to: 3 }),
      read(['a', 'b'], { from: 4 }),
    ];
    expect(judgeHistory(calls, { ...STRICT_HISTORY, replacesAll: false })).toEqual([]);
  });

  test('in sloppy mode reads are judged once the hints are delivered', () => {
    const calls = [put('a', { from: 0, to: 1 }), read([], { from: 2 }), read([], { from: 9 })];
    const found = judgeHistory(calls, { ...STRICT_HISTORY, judgedFromMs: 5 });
    expect(found.map((violation) => violation.call.startMs)).toEqual([9]);
  });
});
