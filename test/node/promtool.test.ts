// The page as Prometheus' own tool judges it.
import { expect, test } from '@jest/globals';
import { describeWithPrometheus } from '../prometheus/describe.ts';
import { promtool } from '../prometheus/tools.ts';
import { withNode } from './live-node.ts';

describeWithPrometheus("a node's metrics", () => {
  test('are as promtool wants them', async () => {
    await withNode(async ({ admin }) => {
      const { body } = await admin('GET', '/metrics');
      const { code, out, err } = await promtool(['check', 'metrics'], body);
      expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
    });
  });
});
