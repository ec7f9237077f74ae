// How the API server is reached and what is shown to it: the port of every call, and a pod's own account.
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { KUBE_CONNECT_MS, KUBE_TOKEN_MS } from '../../core/limits.ts';

export interface Access {
  /** `https://host:port`, with a path where it has one. */
  readonly server: string;
  /** What a call of this moment carries. Throws where there are no credentials. */
  authorize(): Promise<Authorization>;
  /** Ends all connections, those in use as well. */
  close(): Promise<void>;
}

export interface Authorization {
  readonly headers: Readonly<Record<string, string>>;
  /** undefined: connections are not ours to keep. */
  readonly dispatcher: Dispatcher | undefined;
}

/** ms that an idle connection is kept: longer than the pause between two renewals of the lease. */
export const IDLE_MS = 60_000;

/** Where a kubelet puts them; replaced while the pod runs. */
export const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The API server that this pod belongs to; null: this is no pod. */
export function podAccess(
  environment: Readonly<Record<string, string | undefined>>,
  folder = ACCOUNT,
  now = (): number => performance.now(),
): Access | null {
  const server = serverOf(environment);
  return server === null ? null : new PodAccess({ server, folder, now });
}

/** Where a pod's API server is; null: this is no pod. */
export function serverOf(environment: Readonly<Record<string, string | undefined>>): string | null {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port) return null;
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

interface PodAccount {
  readonly server: string;
  readonly folder: string;
  /** Any clock that only goes forward, in ms. */
  readonly now: () => number;
}

class PodAccess implements Access {
  private readonly account: PodAccount;
  private token: { readonly text: string; readonly atMs: number } | null = null;
  private pool: { readonly ca: string; readonly agent: Agent } | null = null;

  constructor(account: PodAccount) {
    this.account = account;
  }

  get server(): string {
    return this.account.server;
  }

  async authorize(): Promise<Authorization> {
    const nowMs = this.account.now();
    if (this.token === null || nowMs - this.token.atMs > KUBE_TOKEN_MS) {
      const [text, ca] = await Promise.all([this.read('token'), this.read('ca.crt')]);
      this.token = { text: text.trim(), atMs: nowMs };
      if (this.pool?.ca !== ca) {
        // Calls under way end on the old connections.
        void this.pool?.agent.close();
        this.pool = { ca, agent: agentFor(ca) };
      }
    }
    return {
      headers: { authorization: `Bearer ${this.token.text}` },
      dispatcher: this.pool?.agent,
    };
  }

  async close(): Promise<void> {
    await this.pool?.agent.destroy();
    this.pool = null;
    this.token = null;
  }

  private async read(name: string): Promise<string> {
    return await readFile(`${this.account.folder}/${name}`, 'utf8');
  }
}

/** `ca`: whom to believe that it is the API server. */
export const agentFor = (ca: string): Agent =>
  new Agent({
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    connect: { ca, timeout: KUBE_CONNECT_MS },
  });
