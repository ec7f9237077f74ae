// Every seed that ever failed, again.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { tuneOf } from './hunts.ts';
import { runSchedule } from './schedule.ts';
import { seedsIn } from './seed-list.ts';

const failed = seedsIn(readFileSync(new URL('../seeds.txt', import.meta.url), 'utf8'));
const seeds = failed.map((one) => ({
  ...one,
  where: one.hunted === null ? one.profile : `hunt:${one.hunted}`,
}));

describe('seeds that failed once', () => {
  test.each(seeds)('$where $seed: $why', ({ seed, profile, hunted }) => {
    const outcome = runSchedule({
      seed,
      profile,
      members: null,
      without: new Set(),
      trace: null,
      tune: tuneOf(hunted),
    });
    expect(outcome.violations).toEqual([]);
  });
});

describe('the list of seeds', () => {
  test('is one line a seed, its profile or hunt, and why; notes and blank lines aside', () => {
    const text = '# a note\n\n7  all   I1: a word  or two\r\n8 hunt:R6-pairs I8\n';
    expect(seedsIn(text)).toEqual([
      { seed: 7, profile: 'all', hunted: null, why: 'I1: a word  or two' },
      { seed: 8, profile: 'all', hunted: 'R6-pairs', why: 'I8' },
    ]);
  });

  test.each([
    ['7 all', 'line 1: a seed, a profile or a reason is missing'],
    [' 7 all I1', 'line 1: a seed, a profile or a reason is missing'],
    ['seed=7 all I1', 'line 1: a seed, a profile or a reason is missing'],
    ['# note\n-7 all I1', 'line 2: a seed, a profile or a reason is missing'],
    ['7 al I1', 'line 1: al is neither one of small'],
    ['7 hunt:R1 I1', 'line 1: hunt:R1 is neither one of small'],
    ['99999999999999999999 all I1', 'line 1: 99999999999999999999 is too large'],
  ])('refuses %j rather than passing over it', (text, why) => {
    expect(() => seedsIn(text)).toThrow(why);
  });
});
