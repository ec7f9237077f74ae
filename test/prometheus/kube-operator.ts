// The operator of Kubernetes as a process, on a real API server where there is one: for what it tells
// of its calls and its lease. It has no ring to look after.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePortBase } from '../live/ring-ports.ts';
import { until } from '../live/until.ts';
import { hasApiServer, startApiServer } from '../kubernetes/api-server.ts';

const OPERATOR = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));

export interface KubeOperator {
  readonly metricsPort: number;
  stop(): Promise<void>;
}

/** null: this machine has no API server. */
export async function operatorOnApiServer(): Promise<KubeOperator | null> {
  if (!hasApiServer()) return null;
  const server = await startApiServer(['crds/dhtcluster.yaml']);
  const metricsPort = await freePortBase();
  const child = spawn(
    process.execPath,
    [
      OPERATOR,
      'kubernetes',
      '--image',
      'ringkeeper',
      '--kubeconfig',
      server.kubeconfig,
      '--health-port',
      String(metricsPort),
      '--lease',
      'ringkeeper',
    ],
    {
      env: { ...process.env, NODE_OPTIONS: '', POD_NAMESPACE: 'default', POD_NAME: 'operator-0' },
      stdio: 'ignore',
    },
  );
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await server.stop();
  };
  try {
    await until('the operator leads', 60_000, async () => {
      const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).catch(() => null);
      const page = (await answer?.text()) ?? '';
      return page.includes('leader_election_master_status{name="dhtcluster"} 1');
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { metricsPort, stop };
}
