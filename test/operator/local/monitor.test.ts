import { expect, test } from '@jest/globals';
import { newMonitor, targetsOf } from '../../../operator/local/monitor.ts';
import type { MemberStatus, RingStatus } from '../../../operator/local/status.ts';

const member = (name: string, admin: string | null): MemberStatus => ({
  name,
  incarnation: 'a',
  state: 'serving',
  lost: false,
  process: 'running',
  serving: true,
  zone: 'z',
  slots: 0,
  keys: 0,
  bytes: 0,
  diskFull: false,
  hints: 0,
  epoch: 1,
  client: null,
  admin,
});

test('every member that has ports is a target, once, labelled as a pod would be', () => {
  const members = [
    member('dev-0', 'http://127.0.0.1:9001'),
    member('dev-0', 'http://127.0.0.1:9001'),
    member('dev-1', null),
  ];
  expect(targetsOf({ cluster: 'dev', members } as unknown as RingStatus)).toEqual([
    {
      targets: ['127.0.0.1:9001'],
      labels: { namespace: 'local', cluster: 'dev', pod: 'dev-0' },
    },
  ]);
});

test('before the first look there are metrics of the loop and no targets', async () => {
  const monitor = newMonitor();
  const fetched: string[] = [];
  const port = 0;
  const { close, at } = await monitor.open(port);
  try {
    for (const path of ['/metrics', '/targets', '/readyz', '/nothing']) {
      const answer = await fetch(`http://127.0.0.1:${at}${path}`);
      fetched.push(`${answer.status} ${(await answer.text()).split('\n')[0]}`);
    }
  } finally {
    await close();
  }
  expect(fetched[0]).toMatch(/^200 # HELP/);
  expect(fetched.slice(1)).toEqual([
    '200 []',
    '503 the ring has not been looked at yet',
    '404 here are /healthz, /readyz, /targets and /metrics',
  ]);
});
