// Tests that need Prometheus' programs: where these are missing they are skipped and say what would
// run them.
import { describe } from '@jest/globals';
import { PROMETHEUS, PROMTOOL } from './tools.ts';

export function describeWithPrometheus(title: string, tests: () => void): void {
  if (PROMTOOL !== null && PROMETHEUS !== null) describe(title, tests);
  else
    describe.skip(
      `${title} (needs promtool and prometheus: npm run prometheus fetches both)`,
      tests,
    );
}
