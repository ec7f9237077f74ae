import { describe, expect, test } from '@jest/globals';
import { httpMeter, LATENCY_BOUNDS } from '../../node/http-meter.ts';

describe('request meter', () => {
  test.each([
    [200, 'ok'],
    [204, 'ok'],
    [304, 'ok'],
    [300, 'siblings'],
    [404, 'missing'],
    [400, 'refused'],
    [412, 'refused'],
    [503, 'unavailable'],
    [504, 'unavailable'],
    [507, 'unavailable'],
    [500, 'failed'],
  ] as const)('status %i counts as %s', (status, outcome) => {
    const meter = httpMeter(() => 1);
    meter.observe('put', status, 0.001, 'a');
    expect(meter.count('put', outcome)).toBe(1);
    expect(meter.count('get', outcome)).toBe(0);
  });

  test('each request stands in every bucket whose bound it does not pass', () => {
    const meter = httpMeter(() => 1);
    meter.observe('get', 200, LATENCY_BOUNDS[3]!, 'a');
    meter.observe('get', 200, 1e9, 'b');
    const { cumulative, sum } = meter.latency('get');
    expect(cumulative[2]).toBe(0);
    expect(cumulative[3]).toBe(1);
    expect(cumulative.at(-2)).toBe(1);
    expect(cumulative.at(-1)).toBe(2);
    expect(sum).toBe(LATENCY_BOUNDS[3]! + 1e9);
  });

  test('of each verb and bucket the newest request is remembered', () => {
    let clock = 0;
    const meter = httpMeter(() => ++clock);
    meter.observe('get', 200, 2 * LATENCY_BOUNDS[3]!, 'a');
    meter.observe('get', 500, 1.5 * LATENCY_BOUNDS[3]!, 'b');
    expect(meter.example('get', 4)).toEqual({
      requestId: 'b',
      seconds: 1.5 * LATENCY_BOUNDS[3]!,
      atMs: 2,
    });
    expect([meter.example('get', 3), meter.example('put', 4)]).toEqual([null, null]);
  });
});
