// Each rule of protocol §7, switched off, is caught within the stated number of seeds; the seed that
// catches it is clean with the rule in force.
import { describe, expect, test } from '@jest/globals';
import { RULES, type Rule } from '../../core/replica/rules.ts';
import { HUNTS } from './hunts.ts';
import { runSchedule, type Outcome } from './schedule.ts';

const run = (seed: number, aim: Rule, without: readonly Rule[]): Outcome =>
  runSchedule({
    seed,
    profile: 'all',
    members: null,
    without: new Set(without),
    trace: null,
    tune: HUNTS[aim].tune,
  });

function firstCaught(rule: Rule): number | null {
  for (let seed = 1; seed <= HUNTS[rule].seeds; seed++) {
    if (run(seed, rule, [rule]).violations.length > 0) return seed;
  }
  return null;
}

describe('a rule switched off is caught', () => {
  test.each(RULES.map((rule) => [rule, HUNTS[rule].seeds] as const))(
    '%s within %i seeds',
    (rule) => {
      const seed = firstCaught(rule);
      expect(seed).not.toBeNull();
      expect(run(seed!, rule, []).violations).toEqual([]);
    },
    180_000,
  );
});
