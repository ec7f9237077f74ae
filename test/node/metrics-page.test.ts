import { describe, expect, test } from '@jest/globals';
import { withNode } from './live-node.ts';

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

  test('works before the node has a document', async () => {
    await withNode(
      async ({ admin }) => {
        expect((await admin('GET', '/metrics')).body).toContain('dht_node_epoch 0\n');
      },
      { document: null },
    );
  });

  test('has a number of series that does not grow with keys', async () => {
    await withNode(async ({ call, admin }) => {
      const before = series((await admin('GET', '/metrics')).body).length;
      for (let i = 0; i < 50; i++) await call('PUT', `/v1/kv/key-${i}`, { body: 'x' });
      expect(series((await admin('GET', '/metrics')).body)).toHaveLength(before);
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
