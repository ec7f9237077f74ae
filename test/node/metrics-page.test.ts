import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation, nodeId, zone } from '../../core/api/ids.ts';
import { withNode } from './live-node.ts';
import { oneMemberRing } from './one-member-ring.ts';

/** Operations of one batch. */
const BATCH = 500;
/** Of one node: what a Prometheus holds without noticing, a hundred nodes over. */
const SERIES_MAX = 400;

const series = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('the metrics page', () => {
  test('counts requests by verb and outcome with their latency', async () => {
    await withNode(async ({ call, admin }) => {
      await call('PUT', '/v1/kv/a', { body: 'x' });
      await call('GET', '/v1/kv/a');
      await call('GET', '/v1/kv/b');
      const { body } = await admin('GET', '/metrics');
      expect(body).toContain('dht_node_requests_total{verb="get",outcome="ok"} 1\n');
      expect(body).toContain('dht_node_requests_total{verb="get",outcome="missing"} 1\n');
      expect(body).toContain('dht_node_request_duration_seconds_count{verb="get"} 2\n');
      expect(body).toContain('dht_node_request_duration_seconds_bucket{le="+Inf",verb="put"} 1\n');
    });
  });

  test('tells epoch, slots by state and what the store holds', async () => {
    await withNode(async ({ call, admin }) => {
      await call('PUT', '/v1/kv/a', { body: 'x' });
      const { body } = await admin('GET', '/metrics');
      for (const line of [
        'dht_node_epoch 1',
        'dht_node_slots{state="replicated"} 16',
        'dht_node_slots{state="under_replicated"} 0',
        'dht_node_phase{phase="stable"} 1',
        'dht_node_serving 1',
        'dht_node_store_keys 1',
        'dht_node_peers{state="silent"} 0',
      ]) {
        expect(body).toContain(`${line}\n`);
      }
    });
  });

  test('counts what the coordinator did: quorums, and reads that found siblings', async () => {
    await withNode(async ({ call, admin }) => {
      const { headers } = await call('PUT', '/v1/kv/a', { body: '1' });
      const context = { 'X-Ring-Context': String(headers['x-ring-context']) };
      await call('PUT', '/v1/kv/a', { body: '2', headers: context });
      await call('PUT', '/v1/kv/a', { body: '3', headers: context });
      expect((await call('GET', '/v1/kv/a')).status).toBe(300);
      const { body } = await admin('GET', '/metrics');
      for (const line of [
        'dht_node_quorums_total{operation="write",outcome="ok"} 3',
        'dht_node_quorums_total{operation="read",outcome="ok"} 1',
        'dht_node_quorums_total{operation="read",outcome="timeout"} 0',
        'dht_node_sibling_reads_total 1',
        'dht_node_read_repairs_total 0',
        'dht_node_hints_delivered_total 0',
      ]) {
        expect(body).toContain(`${line}\n`);
      }
    });
  });

  test('is not there where it is switched off, and nothing is counted', async () => {
    await withNode(
      async ({ call, admin }) => {
        expect((await call('PUT', '/v1/kv/a', { body: 'x' })).status).toBe(204);
        expect((await admin('GET', '/metrics')).status).toBe(404);
      },
      { config: { metrics: false } },
    );
  });

  test('works before the node has a document', async () => {
    await withNode(
      async ({ admin }) => {
        expect((await admin('GET', '/metrics')).body).toContain('dht_node_epoch 0\n');
      },
      { document: null },
    );
  });

  test('10,000 keys and 30 members that came and went add no series', async () => {
    await withNode(async ({ call, admin, adopt, node }) => {
      const before = series((await admin('GET', '/metrics')).body).length;
      for (let batch = 0; batch < 10_000 / BATCH; batch++) {
        const operations = Array.from({ length: BATCH }, (_, i) => ({
          op: 'put',
          key: `key-${batch * BATCH + i}`,
          value: 'x',
        }));
        const { status } = await call('POST', '/v1/batch', {
          body: JSON.stringify({ operations }),
        });
        expect(status).toBe(200);
      }
      const [self] = oneMemberRing(incarnation(node.ports.incarnation)).members;
      for (let i = 1; i <= 30; i++) {
        const passing = {
          id: nodeId(`dev-${i}`),
          incarnation: incarnation(`${i}`.padStart(16, 'f')),
          address: `127.0.0.1:${i}`,
          zone: zone('a'),
          state: 'joining',
          lost: false,
        } as const;
        const { status } = await adopt({ epoch: epoch(1 + i), members: [self!, passing] });
        expect(status).toBe(204);
      }
      const after = (await admin('GET', '/metrics')).body;
      expect(after).toContain('dht_node_epoch 31\n');
      expect(after).toContain('dht_node_store_keys 10000\n');
      expect(series(after)).toHaveLength(before);
      expect(before).toBeLessThan(SERIES_MAX);
    });
  });

  test('tells of all slots of the ring which of them lack live copies', async () => {
    await withNode(async ({ admin }) => {
      const { body } = await admin('GET', '/metrics');
      for (const line of ['all"} 16', 'under_replicated"} 0', 'without_live_copy"} 0'])
        expect(body).toContain(`dht_node_ring_slots{state="${line}\n`);
    });
  });

  test('who asks for OpenMetrics is led from a slow answer to the log lines of its request', async () => {
    await withNode(async ({ call, admin }) => {
      await call('PUT', '/v1/kv/a', { body: 'x', headers: { 'X-Request-Id': 'order-66' } });
      const { body, headers } = await admin('GET', '/metrics', {
        headers: { Accept: 'application/openmetrics-text;version=1.0.0' },
      });
      expect(headers['content-type']).toContain('application/openmetrics-text');
      expect(body).toMatch(
        /_bucket\{le="\S+",verb="put"\} 1 # \{request_id="order-66~\S+"\} \S+ \d+\.\d+\n/,
      );
      expect(body).toContain('# TYPE dht_node_requests counter\n');
      expect(body.endsWith('# EOF\n')).toBe(true);
    });
  });

  test('follows the conventions: one prefix, help that is a sentence, _total for counters alone', async () => {
    await withNode(async ({ admin }) => {
      const { body, headers } = await admin('GET', '/metrics');
      expect(headers['content-type']).toContain('text/plain; version=0.0.4');
      const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({
        name: name!,
        type: type!,
      }));
      expect(types.length).toBeGreaterThan(30);
      for (const { name, type } of types) {
        expect(name).toMatch(/^dht_node_[a-z_]+$/);
        expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
        expect(body).toMatch(new RegExp(`^# HELP ${name} .+\\.$`, 'm'));
      }
    });
  });
});
