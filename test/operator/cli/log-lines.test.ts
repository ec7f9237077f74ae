import { describe, expect, test } from '@jest/globals';
import { isWanted, lineText, mergeByTime, parseLine } from '../../../operator/cli/log-lines.ts';

const AT = '2026-01-31T12:00:00.000Z';
const line = parseLine(
  JSON.stringify({
    level: 'warn',
    time: AT,
    node: 'dev-1',
    msg: 'peer silent',
    requestId: 'abc~1',
    pid: 7,
  }),
  'dev-1',
  0,
);

describe('lines of node logs', () => {
  test('say when, how bad, who, what', () => {
    expect(lineText(line)).toBe(`${AT} WARN  dev-1 peer silent requestId=abc~1 pid=7`);
  });
  test('that are no JSON are kept, at the time of the line before', () => {
    expect(parseLine('Error: out of memory', 'dev-2', 42)).toEqual({
      time: 42,
      level: 'error',
      node: 'dev-2',
      message: 'Error: out of memory',
      fields: {},
    });
  });
  test('are chosen by level, time and request', () => {
    const filter = { level: 'info', sinceMs: 0 };
    expect(isWanted(line, filter)).toBe(true);
    expect(isWanted(line, { ...filter, level: 'error' })).toBe(false);
    expect(isWanted(line, { ...filter, sinceMs: Date.parse(AT) + 1 })).toBe(false);
    expect(isWanted(line, { ...filter, request: 'abc' })).toBe(true);
    expect(isWanted(line, { ...filter, request: 'ab' })).toBe(false);
  });
  test.each([
    ['order-7', 'order-7~2f750e67f488-2', true],
    ['order-7', 'order-7~4bf92f3577b34da6a3ce929d0e0e4736~2f750e67f488-2.0', true],
    ['2f750e67f488-2', '2f750e67f488-2.0', true],
    ['2f750e67f488-2', '2f750e67f488-20', false],
    ['order', 'order.7~2f750e67f488-2', false],
  ])('of the request %s: its id within the ring is %s: %s', (request, requestId, isOne) => {
    const filter = { level: 'info', sinceMs: 0, request };
    expect(isWanted({ ...line, fields: { requestId } }, filter)).toBe(isOne);
  });
  test('of all nodes are merged by time, those of one node keep their order', () => {
    const at = (time: number, node: string, message: string) => ({
      time,
      level: 'info',
      node,
      message,
      fields: {},
    });
    const merged = mergeByTime([
      [at(1, 'a', '1'), at(5, 'a', '2'), at(5, 'a', '3')],
      [at(2, 'b', '4'), at(5, 'b', '5')],
    ]);
    expect(merged.map(({ message }) => message)).toEqual(['1', '4', '2', '3', '5']);
  });
});
