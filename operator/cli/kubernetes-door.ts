// The way to an API server as users of kubectl expect it: kubeconfig, context and namespace by the same
// options and the same defaults. Failures say in one line what to do.
import { RingError } from '../../core/errors.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { KubeCalls } from '../kubernetes/calls.ts';
import { kubeApi } from '../kubernetes/kube-api.ts';
import { PooledKubeConfig } from '../kubernetes/pooled-config.ts';
import { CommandFailed, EXIT } from './exit.ts';
import type { GlobalOptions } from './target.ts';

/** The options that every command of `kubectl dht` takes. */
export interface KubernetesOptions extends GlobalOptions {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly allNamespaces?: boolean;
}

export interface Door {
  readonly api: KubeApi;
  readonly calls: KubeCalls;
  readonly namespace: string;
  /** What the call answers; failures in words for whoever types commands. */
  readonly told: <T>(call: () => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

/** Throws CommandFailed where no kubeconfig or no such context is there. */
export function openDoor(options: KubernetesOptions): Door {
  const config = loaded(options);
  const context = chosen(config, options);
  const server = config.getCurrentCluster()?.server ?? '';
  return {
    api: kubeApi(config),
    calls: new KubeCalls(config, {}),
    namespace: options.namespace ?? config.getContextObject(context)?.namespace ?? 'default',
    told: async (call) => {
      try {
        return await call();
      } catch (error) {
        throw inWords(error, `${server} (context ${context})`);
      }
    },
    close: () => config.close(),
  };
}

function loaded({ kubeconfig }: KubernetesOptions): PooledKubeConfig {
  try {
    return PooledKubeConfig.load(kubeconfig ?? null);
  } catch (cause) {
    throw new CommandFailed(EXIT.notFound, 'the kubeconfig cannot be read', { cause });
  }
}

/** What the library makes up where no kubeconfig is found: an API server on this machine. */
const MADE_UP = 'loaded-context';

function chosen(config: PooledKubeConfig, { context }: KubernetesOptions): string {
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(context)) {
      const names = known.length === 0 ? 'none' : known.join(', ');
      throw new CommandFailed(EXIT.notFound, `there is no context ${context}; known: ${names}`);
    }
    config.setCurrentContext(context);
  }
  const current = config.getCurrentContext();
  if (current !== '' && current !== MADE_UP && config.getCurrentCluster() !== null) return current;
  throw new CommandFailed(
    EXIT.notFound,
    'no cluster is chosen: set KUBECONFIG or give --kubeconfig, and a context ' +
      '(kubectl config get-contexts lists them)',
  );
}

function inWords(error: unknown, where: string): unknown {
  if (!(error instanceof RingError)) return error;
  const { code, message, cause } = error;
  if (code === 'PEER_UNREACHABLE')
    return new RingError(code, `${message}; asked was ${where}`, { cause });
  if (code === 'UNAUTHORIZED')
    return new RingError(code, `${where} does not take these credentials: log in again`);
  if (code !== 'NOT_FOUND') return error;
  return new CommandFailed(
    EXIT.notFound,
    `${where} knows no DhtCluster: install Ringkeeper first (docs/kubernetes.md)`,
  );
}
