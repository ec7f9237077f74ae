// The files of deploy/compose fit one another. What they run is tried by hand: Grafana's and Prometheus'
// images cannot be had on every machine.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseCluster } from '../../core/api/cluster.ts';
import { describeWithPrometheus } from './describe.ts';
import { promtool } from './tools.ts';

const FOLDER = 'deploy/compose';
const read = (path: string): unknown => parse(readFileSync(join(FOLDER, path), 'utf8'));

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumes: readonly string[];
}
const { services } = read('compose.yaml') as { services: Readonly<Record<string, Service>> };

test('what is mounted from here exists', () => {
  const mounted = Object.values(services).flatMap(({ volumes }) =>
    volumes.map((volume) => volume.split(':')[0]!).filter((source) => source.startsWith('.')),
  );
  expect(mounted).toHaveLength(5);
  expect(mounted.filter((source) => !existsSync(join(FOLDER, source)))).toEqual([]);
});

test('the manifest is one', () => {
  expect(parseCluster(read('ring/ring.yaml'))).toHaveProperty('cluster.spec.replicas', 3);
});

test('members and operator are scraped where the operator says', () => {
  const { command } = services['ring']!;
  const port = command![command!.indexOf('--metrics-port') + 1];
  const config = read('prometheus.yaml') as {
    scrape_configs: readonly {
      static_configs?: readonly { targets: readonly string[] }[];
      http_sd_configs?: readonly { url: string }[];
    }[];
  };
  const [operator, members] = config.scrape_configs;
  expect(operator!.static_configs![0]!.targets).toEqual([`127.0.0.1:${port}`]);
  expect(members!.http_sd_configs![0]!.url).toBe(`http://127.0.0.1:${port}/targets`);
});

test('every image has a version', () => {
  for (const { image } of Object.values(services)) expect(image).toMatch(/:[\w.}-]+$/);
});

describeWithPrometheus("the compose file's Prometheus", () => {
  test('is configured as promtool wants it', async () => {
    const path = join(FOLDER, 'prometheus.yaml');
    const { code } = await promtool(['check', 'config', '--syntax-only', path]);
    expect(code).toBe(0);
  });
});
