// Fixed seeds of every profile run clean, and a seed decides everything that happens.
import { describe, expect, test } from '@jest/globals';
import { runSchedule, type Outcome } from './schedule.ts';
import { PROFILES, type ProfileName } from './setting.ts';

const run = (
  profile: ProfileName,
  seed: number,
  trace: ((line: string) => void) | null = null,
): Outcome => runSchedule({ seed, profile, members: null, without: new Set(), trace });

const SEEDS = 25;

describe('schedules', () => {
  test.each(PROFILES)(`profile %s holds every invariant [seeds 1–${SEEDS}]`, (profile) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      expect({ seed, violations: run(profile, seed).violations }).toEqual({ seed, violations: [] });
    }
  });

  test('one seed, one transcript [seed 42]', () => {
    const lines: string[][] = [[], []];
    for (const transcript of lines) run('all', 42, (line) => transcript.push(line));
    expect(lines[0]!.length).toBeGreaterThan(50);
    expect(lines[1]).toEqual(lines[0]);
  });

  test('a schedule on 4096 slots holds every invariant [seed 2500]', () => {
    expect(run('small', 2_500).violations).toEqual([]);
  });

  test('schedules are heavy enough to mean something', () => {
    const outcomes = Array.from({ length: 40 }, (_, i) => run('all', 100 + i));
    const mean = (of: (outcome: Outcome) => number): number =>
      outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
    expect(mean((o) => o.deliveries)).toBeGreaterThan(300);
    expect(mean((o) => o.changes)).toBeGreaterThanOrEqual(1);
    expect(mean((o) => o.faults)).toBeGreaterThan(2);
    expect(mean((o) => o.calls)).toBeGreaterThan(10);
  });
});
