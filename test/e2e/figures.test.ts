// What an operator costs: memory, calls of the API server while nothing happens, and the time of a pass;
// with one ring, and with a hundred whose pods no host takes.
import { expect, test } from '@jest/globals';
import { until } from '../live/until.ts';
import { CHANGE_MS, describeOnCluster, say, TEST_MS } from './on-cluster.ts';

/** ms of rest over which calls are counted. */
const REST_MS = 40_000;
/** ms within which another operator leads, should the first one have gone. */
const LEADER_MS = 60_000;
const RINGS = 100;
/** bytes, with one ring and with RINGS of them. */
const MEMORY_MAX = 120e6;
/** Calls of the API server a minute: the lease, and watches that end by themselves and begin again. */
const CALLS_MAX = 60;

interface Seen {
  readonly status?: {
    readonly replicas: number;
    readonly conditions: readonly { readonly reason: string }[];
  };
}

type Samples = ReadonlyMap<string, number>;

/** `name{labels}` → value, as Prometheus reads a page of metrics. */
function samplesOf(page: string): Samples {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(.*\}|\S+) (\S+)/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

/** All series of one name together. */
function sum(samples: Samples, name: string): number {
  const own = [...samples].filter(([series]) => series.split('{')[0] === name);
  return own.reduce((total, [, value]) => total + value, 0);
}

describeOnCluster('an operator', (scene) => {
  /** Of the operator that leads. */
  function metrics(): Promise<Samples> {
    return until('an operator leads and tells its metrics', LEADER_MS, async () => {
      for (const { metadata } of await scene.installed.operators()) {
        // One that goes just now does not answer.
        const page = await scene.installed.kube
          .proxied(metadata.name, 8081, '/metrics')
          .catch(() => '');
        const samples = samplesOf(page);
        if (sum(samples, 'leader_election_master_status') === 1) return samples;
      }
      return null;
    });
  }

  /** What a while of rest cost, said and judged. */
  async function judge(rings: number): Promise<void> {
    const before = await metrics();
    await new Promise((rested) => setTimeout(rested, REST_MS));
    const after = await metrics();
    const grown = (name: string): number => sum(after, name) - sum(before, name);
    const minutes = REST_MS / 60_000;
    const calls = grown('rest_client_requests_total') / minutes;
    const passes = grown('controller_runtime_reconcile_time_seconds_count');
    const passMs = (grown('controller_runtime_reconcile_time_seconds_sum') * 1000) / passes;
    const memory = sum(after, 'process_resident_memory_bytes');
    say(
      `${String(rings)} rings: ${(memory / 1e6).toFixed(0)} MB, ${calls.toFixed(0)} calls of the API server a ` +
        `minute, ${(passes / minutes).toFixed(0)} passes a minute of ${passMs.toFixed(1)} ms each, ` +
        `${(grown('process_cpu_seconds_total') / (REST_MS / 1000)).toFixed(3)} cores`,
    );
    expect(memory).toBeLessThan(MEMORY_MAX);
    expect(calls).toBeLessThan(CALLS_MAX);
  }

  /** All but the first have their pods, and say that no host takes them. */
  async function areStranded(): Promise<boolean> {
    const { items } = await scene.ring.kube.get<{ items: readonly Seen[] }>(['dht']);
    const stranded = items.filter(
      ({ status }) =>
        status?.replicas === 3 && status.conditions.some(({ reason }) => reason === 'NoHostFree'),
    );
    return stranded.length === RINGS - 1;
  }

  test(
    'asks the API server for nothing but its lease while its ring is at rest',
    async () => {
      await scene.ring.untilSettled(CHANGE_MS);
      await judge(1);
    },
    TEST_MS,
  );

  test(
    'asks no more, and takes little more memory, with a hundred rings that find no host',
    async () => {
      const names = Array.from({ length: RINGS - 1 }, (_, i) => `many-${String(i)}`);
      await scene.ring.kube.apply({
        apiVersion: 'v1',
        kind: 'List',
        items: names.map((name) => ({
          apiVersion: 'dht.ringkeeper.dev/v1alpha1',
          kind: 'DhtCluster',
          metadata: { name },
          spec: { podTemplate: { nodeSelector: { 'ringkeeper.dev/nowhere': 'true' } } },
        })),
      });
      await until(
        'every ring waits for hosts, and for nothing else',
        CHANGE_MS,
        areStranded,
        1_000,
      );
      await judge(RINGS);
    },
    TEST_MS,
  );
});
