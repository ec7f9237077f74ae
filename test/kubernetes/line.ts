// A line to the API server that can be cut or go dead, such as a load balancer that forgets.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import type { ApiServer } from './api-server.ts';

export interface Line {
  readonly port: number;
  accepted(): number;
  /** Nothing passes any more on the connections of now; new ones work. */
  goSilent(): void;
  /** Ends the connections of now. */
  cut(): void;
  stop(): void;
}

export async function lineTo(port: string): Promise<Line> {
  const pairs: [Socket, Socket][] = [];
  let accepted = 0;
  const listener: Server = createServer((near) => {
    accepted++;
    const far = connect(Number(port), '127.0.0.1');
    pairs.push([near, far]);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
  });
  const cut = (): void => {
    for (const socket of pairs.flat()) socket.destroy();
  };
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    accepted: () => accepted,
    goSilent: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
        far.resume();
      }
    },
    cut,
    stop: () => {
      cut();
      listener.close();
    },
  };
}

/** The administrator's way to the API server, through the line. */
export function configThrough(line: Line, server: ApiServer): PooledKubeConfig {
  const config = PooledKubeConfig.load(server.kubeconfig);
  config.clusters = config.clusters.map((cluster) => ({
    ...cluster,
    server: `https://127.0.0.1:${String(line.port)}`,
  }));
  return config;
}
