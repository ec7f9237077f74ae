// 3 → 4 → 3 with one blow: a sample here, everything with `npm run sim -- --exhaust`.
import { expect, test } from '@jest/globals';
import { BLOWS, exhaust, LANES } from './exhaust.ts';

const STRIDE = 151;

test.each(BLOWS)(`3 → 4 → 3 survives one %s of any node at every ${STRIDE}th step`, (blow) => {
  const failed: unknown[] = [];
  let cases = 0;
  for (const lane of LANES.filter((one) => one.blow === blow)) {
    cases += exhaust(lane, STRIDE, (one, { violations }) => {
      if (violations.length > 0) failed.push({ one, violations });
    });
  }
  expect(failed).toEqual([]);
  expect(cases).toBeGreaterThan(12);
});
