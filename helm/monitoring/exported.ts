// What node and operator export, read off their own pages: nothing is written down twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { nodeId } from '../../core/api/ids.ts';
import { CACHE_BYTES } from '../../core/limits.ts';
import { startNode } from '../../node/running-node.ts';
import { OperatorMetrics } from '../../operator/loop-metrics.ts';
import { MEMBER_STATES } from '../../operator/ring-figures.ts';
import type { MemberState } from '../../operator/ring-figures.ts';

export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** But for `le`. */
  readonly labels: readonly string[];
}

/** Of a page in Prometheus' text format, in its order. */
export function metricsOn(page: string): readonly Metric[] {
  const types = new Map(matches(page, /^# TYPE (\S+) (\S+)$/gm));
  return matches(page, /^# HELP (\S+) (.+)$/gm).map(([name, help]) => {
    const series = [...page.matchAll(new RegExp(`^${name}(?:_bucket)?\\{([^}]*)\\}`, 'gm'))];
    const labels = series.flatMap(([, inner]) =>
      [...inner!.matchAll(/(\w+)="/g)].map(([, label]) => label!),
    );
    const own = [...new Set(labels)].filter((label) => label !== 'le');
    return { name, help, type: types.get(name) ?? 'untyped', labels: own };
  });
}

function matches(page: string, pattern: RegExp): [string, string][] {
  return [...page.matchAll(pattern)].map(([, first, second]) => [first!, second!]);
}

export async function exportedByNode(): Promise<readonly Metric[]> {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-metrics-'));
  const node = await startNode(
    {
      id: nodeId('node-0'),
      dataFolder: folder,
      client: anyPort,
      admin: anyPort,
      peer: anyPort,
      advertise: null,
      clusterSecret: Buffer.alloc(16),
      adminToken: '',
      ephemeral: true,
      durability: 'sync',
      cacheBytes: CACHE_BYTES,
      handoffBytesPerSecond: Infinity,
      corsOrigins: [],
      volumeUid: null,
      metrics: true,
      logLevel: 'error',
      logFormat: 'json',
    },
    pino({ level: 'silent' }),
    {
      failed: (_, error) => {
        throw error;
      },
    },
  );
  try {
    const answer = await fetch(`http://127.0.0.1:${node.ports.admin.port}/metrics`);
    return metricsOn(await answer.text());
  } finally {
    await node.stop();
    rmSync(folder, { recursive: true });
  }
}

export async function exportedByOperator(): Promise<readonly Metric[]> {
  const metrics = new OperatorMetrics({
    nowMs: () => 0,
    version: '',
    workers: 1,
    depth: () => 0,
    staleMs: () => 0,
    isLeader: () => true,
  });
  // Labels show once something has happened.
  metrics.api.called({ verb: 'get', resource: 'pods', code: '200', ms: 1 });
  metrics.queue.began(1);
  metrics.queue.ended(1);
  const none = Object.fromEntries(MEMBER_STATES.map((state) => [state, 0]));
  metrics.rings.see(
    { namespace: '', name: '' },
    {
      epoch: 0,
      epochSinceMs: null,
      phase: null,
      underReplicated: 0,
      moving: 0,
      balance: 1,
      keys: 0,
      members: none as Record<MemberState, number>,
      ready: 0,
      wanted: 0,
      operation: null,
      waits: [],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  );
  return metricsOn((await metrics.page()).text);
}
