import { describe, expect, test } from '@jest/globals';
import { keepHistory } from './history-file.ts';
import { prove } from './prove.ts';

/** ms after which the proof is given up; what it started is gone soon after. */
const GIVEN_UP_MS = 240_000;
const SEED = 3;

describe('a ring of real processes', () => {
  test(
    `loses no write while it scales 3 → 5 → 3, is killed and loses a volume [seed ${SEED}]`,
    async () => {
      const { verdict, journal, done } = await prove({
        seed: SEED,
        minutes: 1,
        clients: 20,
        callsPerSecond: 300,
        signal: AbortSignal.timeout(GIVEN_UP_MS),
        progressed: () => undefined,
      });
      const kept = verdict.violations.length === 0 ? [] : [await keepHistory(SEED, journal.calls)];
      expect([...verdict.violations, ...kept]).toEqual([]);
      // A proof in which nothing happened proves nothing.
      expect(done.scales).toBeGreaterThanOrEqual(2);
      expect(done.wipes).toBeGreaterThanOrEqual(1);
      expect(done.blows.joiner).toBeGreaterThan(0);
      expect(done.blows.operator).toBeGreaterThan(0);
      expect(done.blows['same node twice']).toBeGreaterThan(0);
      expect(done.kills).toBeGreaterThan(8);
      expect(journal.writtenKeys().length).toBeGreaterThan(1000);
    },
    GIVEN_UP_MS + 60_000,
  );
});
