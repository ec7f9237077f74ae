// Events on a real API server: it takes them, counts series, and kubectl shows them.
import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../operator/kubernetes/api.ts';
import { EventRecorder } from '../../operator/kubernetes/events.ts';
import { describeWithApi } from './on-api-server.ts';

/** ms that the API server may take for all of them. */
const FLUSH_MS = 60_000;

describeWithApi('events on a real API server', (on) => {
  test('stand in kubectl describe, a series with its count', async () => {
    const kind = {
      apiVersion: 'dht.ringkeeper.dev/v1alpha1',
      kind: 'DhtCluster',
      plural: 'dhtclusters',
      namespaced: true,
    };
    const metadata = { name: 'dev', namespace: 'default' };
    const ring: KubeObject = { apiVersion: kind.apiVersion, kind: kind.kind, metadata };
    const regarding = await on.api.apply(kind, ring);
    const failures: unknown[] = [];
    const events = {
      failed: (error: unknown) => failures.push(error),
      dropped: () => failures.push('dropped'),
    };
    const recorder = new EventRecorder(on.api, { instance: 'operator-0' }, events);
    const joined = { type: 'Normal', reason: 'NodeJoined', action: 'Join' } as const;
    const rejected = { type: 'Warning', reason: 'ScaleInRejected', action: 'ScaleIn' } as const;
    recorder.record({ regarding, ...joined, note: 'dev-3 has joined' });
    for (let i = 0; i < 5; i++)
      recorder.record({ regarding, ...rejected, note: `${'so '.repeat(500)}it waits` });
    await recorder.flush(FLUSH_MS);
    expect(failures).toEqual([]);
    const described = await on.server.kubectl(['describe', 'dht', 'dev']);
    expect(described.stdout).toMatch(/Normal +NodeJoined +\S+ +\S*operator\S* +dev-3 has joined/);
    const list = await on.server.kubectl(['events', '--for=dht/dev', '--types=Warning']);
    expect(list.stdout).toMatch(/\(x5 over \S+\) +Warning +ScaleInRejected/);
  });
});
