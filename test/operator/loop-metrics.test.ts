import { describe, expect, test } from '@jest/globals';
import { OperatorMetrics } from '../../operator/loop-metrics.ts';
import type { RingFigures } from '../../operator/ring-figures.ts';
import { describeWithPrometheus } from '../prometheus/describe.ts';
import { promtool } from '../prometheus/tools.ts';
import { CALM, GROWING } from './some-figures.ts';

const DEV = { namespace: 'rings', name: 'dev' };
const LABELS = 'namespace="rings",cluster="dev"';

class Scene {
  nowMs = 1_060_000;
  leads = true;
  readonly metrics = new OperatorMetrics({
    nowMs: () => this.nowMs,
    version: '1.2.3',
    workers: 4,
    depth: () => 2,
    staleMs: () => 1500,
    isLeader: () => this.leads,
  });

  async page(): Promise<string> {
    return (await this.metrics.page()).text;
  }

  async expectAll(lines: readonly string[]): Promise<void> {
    const page = await this.page();
    for (const line of lines) expect(page).toContain(`${line}\n`);
  }
}

const refused = (...waits: RingFigures['waits']): RingFigures => ({
  ...CALM,
  waits,
  conditions: [{ type: 'ScaleInBlocked', status: 'True' }],
});
const HINTS = { reason: 'HintsOutstanding', sinceMs: 1_040_000 } as const;

describe('metrics of rings', () => {
  test('are whole for each of two who ask at once, and for who asks again', async () => {
    const scene = new Scene();
    scene.metrics.rings.see(DEV, CALM);
    const rings = async (): Promise<string[]> =>
      (await scene.page()).split('\n').filter((line) => line.startsWith('dht_ring_'));
    const first = await rings();
    expect(first.length).toBeGreaterThan(20);
    expect(await Promise.all([rings(), rings()])).toEqual([first, first]);
  });

  test('tell members by state, slots, balance and the age of the epoch', async () => {
    const scene = new Scene();
    scene.metrics.rings.see(DEV, CALM);
    await scene.expectAll([
      `dht_ring_members{${LABELS},state="serving"} 3`,
      `dht_ring_members{${LABELS},state="lost"} 0`,
      `dht_ring_balance_ratio{${LABELS}} 1.01`,
      `dht_ring_epoch_age_seconds{${LABELS}} 60`,
      `dht_ring_condition{${LABELS},condition="Ready"} 1`,
      `dht_ring_change_progress_ratio{${LABELS}} 1`,
    ]);
  });

  test('tell how far a change is and how long it takes', async () => {
    const scene = new Scene();
    scene.metrics.rings.see(DEV, GROWING);
    await scene.expectAll([
      `dht_ring_change_running{${LABELS}} 1`,
      `dht_ring_change_progress_ratio{${LABELS}} 0.25`,
      `dht_ring_change_eta_seconds{${LABELS}} 3`,
      `dht_ring_change_keys{${LABELS},progress="done"} 10`,
      `dht_ring_change_keys{${LABELS},progress="total"} 40`,
      `dht_ring_phase{${LABELS},phase="write-both"} 1`,
    ]);
  });

  test('tell how long each reason has held, of several the longest', async () => {
    const scene = new Scene();
    const short = { reason: 'UnderReplicated', sinceMs: 1_050_000 } as const;
    scene.metrics.rings.see(DEV, refused({ ...HINTS, sinceMs: 1_055_000 }, HINTS, short));
    await scene.expectAll([
      `dht_ring_waiting_seconds{${LABELS},reason="HintsOutstanding"} 20`,
      `dht_ring_waiting_seconds{${LABELS},reason="UnderReplicated"} 10`,
      `dht_ring_waiting_seconds{${LABELS},reason="ZoneRuleBroken"} 0`,
    ]);
    scene.metrics.rings.see(DEV, CALM);
    await scene.expectAll([`dht_ring_waiting_seconds{${LABELS},reason="HintsOutstanding"} 0`]);
  });

  test('count a refusal when it begins, not at every look', async () => {
    const scene = new Scene();
    for (const figures of [refused(HINTS), refused(HINTS, HINTS), CALM, refused(HINTS)])
      scene.metrics.rings.see(DEV, figures);
    await scene.expectAll([`dht_ring_refusals_total{${LABELS},reason="HintsOutstanding"} 2`]);
  });

  test('of a ring that is gone are gone', async () => {
    const scene = new Scene();
    scene.metrics.rings.see(DEV, CALM);
    scene.metrics.rings.see({ ...DEV, name: 'other' }, CALM);
    scene.metrics.rings.see(DEV, null);
    const page = await scene.page();
    expect(page).not.toContain(LABELS);
    expect(page).toContain('cluster="other"');
    scene.metrics.rings.forget();
    expect(await scene.page()).not.toContain('cluster=');
  });

  test('do not grow with what happens to a ring', async () => {
    const scene = new Scene();
    scene.metrics.rings.see(DEV, { ...CALM, conditions: GROWING.conditions });
    const before = (await scene.page()).split('\n').length;
    for (let epoch = 5; epoch < 35; epoch++)
      scene.metrics.rings.see(DEV, { ...GROWING, epoch, keys: epoch * 1000 });
    expect((await scene.page()).split('\n')).toHaveLength(before);
  });
});

describe('metrics of the loop', () => {
  test("have controller-runtime's names", async () => {
    const scene = new Scene();
    scene.metrics.queue.added();
    scene.metrics.queue.began(20);
    await scene.expectAll(['controller_runtime_active_workers{controller="dhtcluster"} 1']);
    scene.metrics.queue.ended(300);
    scene.metrics.passed('success');
    scene.metrics.passed('error');
    await scene.expectAll([
      'controller_runtime_reconcile_total{controller="dhtcluster",result="success"} 1',
      'controller_runtime_reconcile_errors_total{controller="dhtcluster"} 1',
      'controller_runtime_active_workers{controller="dhtcluster"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="dhtcluster"} 4',
      'workqueue_depth{name="dhtcluster"} 2',
      'dht_operator_watch_stale_seconds 1.5',
      'dht_operator_info{version="1.2.3"} 1',
    ]);
  });

  test('tell how old the lease is while it leads', async () => {
    const scene = new Scene();
    scene.metrics.api.called({ verb: 'update', resource: 'leases', code: '200', ms: 5 });
    scene.nowMs += 4000;
    scene.metrics.api.called({ verb: 'update', resource: 'leases', code: '409', ms: 5 });
    await scene.expectAll([
      'dht_operator_lease_age_seconds 4',
      'rest_client_requests_total{code="409",method="update",resource="leases"} 1',
    ]);
    scene.leads = false;
    await scene.expectAll(['dht_operator_lease_age_seconds 0']);
  });
});

describeWithPrometheus("the operator's metrics", () => {
  test('are as promtool wants them', async () => {
    const scene = new Scene();
    scene.metrics.rings.see(DEV, GROWING);
    scene.metrics.api.called({ verb: 'list', resource: 'pods', code: '200', ms: 5 });
    const { code, out, err } = await promtool(['check', 'metrics'], await scene.page());
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
  });
});
