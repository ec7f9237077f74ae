import { describe, expect, test } from '@jest/globals';
import { toOpenMetrics, wantsOpenMetrics } from '../../node/open-metrics.ts';

const PAGE = `# HELP x_total What a rise means.
# TYPE x_total counter
x_total{verb="get"} 3

# HELP y_seconds Seconds.
# TYPE y_seconds histogram
y_seconds_bucket{le="1"} 2
y_seconds_count 2
`;

describe('the page as OpenMetrics', () => {
  test('names a counter without _total, its series with it, and ends with an end', () => {
    expect(toOpenMetrics(PAGE, () => null)).toBe(`# HELP x What a rise means.
# TYPE x counter
x_total{verb="get"} 3
# HELP y_seconds Seconds.
# TYPE y_seconds histogram
y_seconds_bucket{le="1"} 2
y_seconds_count 2
# EOF
`);
  });

  test('leads from a bucket to a request that fell into it, whatever length its id has', () => {
    const page = toOpenMetrics(PAGE, (series) =>
      series === 'y_seconds_bucket{le="1"}'
        ? { requestId: 'r'.repeat(200), seconds: 0.5, atMs: 1500 }
        : null,
    );
    expect(page).toContain(
      `y_seconds_bucket{le="1"} 2 # {request_id="${'r'.repeat(118)}"} 0.5 1.5`,
    );
  });

  test('is given to whoever asks for it', () => {
    expect(wantsOpenMetrics('application/openmetrics-text;version=1.0.0,text/plain;q=0.5')).toBe(
      true,
    );
    expect(wantsOpenMetrics('*/*')).toBe(false);
  });
});
