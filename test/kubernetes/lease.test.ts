// Leader election on a real API server: it takes our leases, and kubectl shows who leads.
import { expect, test } from '@jest/globals';
import { runElected } from '../../operator/kubernetes/lease.ts';
import { describeWithApi } from './on-api-server.ts';

describeWithApi('leader election on a real API server', (on) => {
  test('one of two leads, and the other when the first gives the lease back', async () => {
    const news: string[] = [];
    let wake: () => void = () => undefined;
    const heard = async (wanted: string): Promise<void> => {
      while (!news.includes(wanted)) await new Promise<void>((resolve) => (wake = resolve));
    };
    const failures: unknown[] = [];
    const run = (identity: string, stop: AbortSignal): Promise<void> =>
      runElected(
        on.api,
        { namespace: 'default', name: 'operator', identity, fraction: () => 0 },
        {
          leads: (isLeader) => {
            news.push(`${identity} ${isLeader ? 'leads' : 'leads no more'}`);
            wake();
          },
          failed: (error) => failures.push(error),
        },
        (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
        stop,
      );
    const stops = { a: new AbortController(), b: new AbortController() };
    const a = run('a', stops.a.signal);
    await heard('a leads');
    const b = run('b', stops.b.signal);
    const { stdout } = await on.server.kubectl(['get', 'lease', 'operator']);
    expect(stdout).toMatch(/^operator +a /m);
    stops.a.abort();
    await heard('b leads');
    stops.b.abort();
    await Promise.all([a, b]);
    expect(news).toEqual(['a leads', 'a leads no more', 'b leads', 'b leads no more']);
    expect(failures).toEqual([]);
  });
});
