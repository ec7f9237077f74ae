// Which API server, who we are there, and the connections to it. The client library (2.0.1) makes a
// pool for every request, and so a TLS connection for each; here one pool serves them all.
import type { Cluster, DispatcherOptions } from '@kubernetes/client-node';
import { HttpMethod, RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import './light-client.ts';
import type { AgentOptions } from 'node:https';
import { Agent, ProxyAgent } from 'undici';
import { RingError } from '../../core/errors.ts';
import { KUBE_CONNECT_MS } from '../../core/limits.ts';
import { IDLE_MS, type Access, type Authorization } from './access.ts';

// Not above: what stands there is loaded before light-client.ts can see to it.
const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');

export class PooledKubeConfig extends KubeConfig implements Access {
  #identity = '';
  #pool: Agent | ProxyAgent | null = null;

  /** A file; null: KUBECONFIG, ~/.kube/config or the pod's service account, whichever is there. */
  static load(kubeconfig: string | null): PooledKubeConfig {
    const config = new PooledKubeConfig();
    if (kubeconfig === null) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    return config;
  }

  get server(): string {
    const server = this.getCurrentCluster()?.server;
    if (server === undefined)
      throw new RingError('BAD_REQUEST', 'the kubeconfig names no current context');
    return server;
  }

  async authorize(): Promise<Authorization> {
    const context = new RequestContext(this.server, HttpMethod.GET);
    await this.applySecurityAuthentication(context);
    const headers = context.getHeaders() as Record<string, string>;
    return { headers, dispatcher: context.getDispatcher() };
  }

  /** The library asks for this on the way to a request, with the certificates of the moment. */
  override createDispatcherOptions(
    cluster: Cluster | null,
    agentOptions: AgentOptions,
  ): DispatcherOptions {
    const options = super.createDispatcherOptions(cluster, agentOptions);
    // A connector for SOCKS is known to the library alone: it stays without a pool.
    if (options.type === 'socks') return options;
    const identity = identityOf(options);
    if (this.#pool === null || identity !== this.#identity) {
      // Calls under way end on the old connections.
      void this.#pool?.close();
      this.#pool = poolOf(options);
      this.#identity = identity;
    }
    return { type: 'none' };
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    if (this.#pool !== null) context.setDispatcher(this.#pool);
  }

  /** Ends all connections, those in use as well. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = null;
  }
}

/** Certificates are replaced while we run, and a connection keeps those that it began with. */
function identityOf(options: Exclude<DispatcherOptions, { type: 'socks' }>): string {
  if (options.type === 'none') return '';
  const tls = options.type === 'proxy' ? options.requestTls : options.connect;
  const { ca, cert, key, servername, rejectUnauthorized } = tls;
  const uri = options.type === 'proxy' ? options.uri : '';
  return [uri, ca, cert, key, servername, rejectUnauthorized].map(String).join('\0');
}

function poolOf(options: Exclude<DispatcherOptions, { type: 'socks' }>): Agent | ProxyAgent {
  const common = { keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS };
  const timeout = KUBE_CONNECT_MS;
  switch (options.type) {
    case 'none':
      return new Agent({ ...common, connect: { timeout } });
    case 'agent':
      return new Agent({ ...common, connect: { ...options.connect, timeout } });
    case 'proxy':
      return new ProxyAgent({
        ...common,
        uri: options.uri,
        requestTls: { ...options.requestTls, timeout },
        connect: { ...options.connect, timeout },
      });
  }
}
