// Every seed that ever failed, again.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { RULES } from '../../core/replica/rules.ts';
import { tuneOf } from './hunts.ts';
import { runSchedule } from './schedule.ts';
import { PROFILES } from './setting.ts';

interface Failed {
  readonly seed: number;
  /** A profile, or `hunt:RULE`. */
  readonly profile: string;
  readonly why: string;
}

const lines = readFileSync(new URL('../seeds.txt', import.meta.url), 'utf8').split('\n');
const seeds = lines
  .filter((line) => /^\d/.test(line))
  .map((line): Failed => {
    const [seed, profile, ...why] = line.split(/\s+/);
    return { seed: Number(seed), profile: profile!, why: why.join(' ') };
  });

describe('seeds that failed once', () => {
  test.each(seeds)('$profile $seed: $why', ({ seed, profile }) => {
    const hunted = RULES.find((rule) => profile === `hunt:${rule}`) ?? null;
    const named = PROFILES.find((one) => one === profile) ?? 'all';
    const outcome = runSchedule({
      seed,
      profile: named,
      members: null,
      without: new Set(),
      trace: null,
      tune: tuneOf(hunted),
    });
    expect(outcome.violations).toEqual([]);
  });
});
