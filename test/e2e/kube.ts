// The whole cluster that the end-to-end scenarios run on, named by the environment, and kubectl as a
// person would use it. Nothing is touched but namespaces of our own.
import { execFile } from 'node:child_process';
import { feed } from '../live/ended.ts';
import { until } from '../live/until.ts';

/** ms that one kubectl call may take; waits have a time of their own. */
const CALL_MS = 60_000;
/** ms until a pod is gone that was deleted: a member may take 35 s, and its host looks now and then. */
export const ENDED_MS = 180_000;
const OUTPUT_BYTES_MAX = 256 * 1024 ** 2;
/** ms for which a call is made again where the API server was not reached. */
const REACH_MS = 30_000;
/** What kubectl says then: of the way there, and of an API server that can't answer just now. */
const UNREACHED =
  /connection (refused|reset)|TLS handshake timeout|i\/o timeout|\bEOF\b|connection lost|currently unable to handle|known HTTP paths|time allotted|TooManyRequests|etcdserver|Unable to connect/;

/** How to run the scenarios, for who sees them skipped. */
export const HOW_TO =
  'set KUBECONFIG, E2E_CONTEXT=<its context, named on purpose>, E2E_LOAD_IMAGE=<command that makes a ' +
  'local image known to the hosts> and, for scenarios that cut and halt hosts, ' +
  'E2E_HOST_FAULTS=<command>; then npm run e2e';

export interface E2eSettings {
  readonly context: string;
  /** Makes an image of the local engine known to every host; called with the image’s name. */
  readonly loadImage: string;
  /** `cut A B`, `heal`, `halt A`, `boot A`, `api-down`, `api-up`; null: hosts can't be harmed here. */
  readonly hostFaults: string | null;
}

/** null: no cluster is named, so the scenarios are skipped. */
export function e2eSettings(env: NodeJS.ProcessEnv = process.env): E2eSettings | null {
  const { E2E_CONTEXT, E2E_LOAD_IMAGE, E2E_HOST_FAULTS, KUBECONFIG } = env;
  if (!KUBECONFIG || !E2E_CONTEXT || !E2E_LOAD_IMAGE) return null;
  return {
    context: E2E_CONTEXT,
    loadImage: E2E_LOAD_IMAGE,
    hostFaults: E2E_HOST_FAULTS || null,
  };
}

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Runs a command to its end; throws with what it printed. */
export function run(
  command: string,
  args: readonly string[],
  { input = '', timeoutMs = CALL_MS }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: timeoutMs, maxBuffer: OUTPUT_BYTES_MAX },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(
            new Error(`${command} ${args.join(' ')}: ${stderr || error.message}`.trim(), {
              cause: error,
            }),
          );
      },
    );
    feed(child, input);
  });
}

interface Named {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

export interface Pod extends Named {
  readonly spec: {
    readonly nodeName?: string;
    readonly schedulingGates?: readonly object[];
    readonly containers: readonly { readonly image: string }[];
  };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

/** One namespace of the cluster. */
export class Kube {
  readonly settings: E2eSettings;
  readonly namespace: string;

  constructor(settings: E2eSettings, namespace: string) {
    this.settings = settings;
    this.namespace = namespace;
  }

  /** kubectl, as printed. */
  kubectl(args: readonly string[], options?: RunOptions): Promise<string> {
    return run(
      'kubectl',
      ['--context', this.settings.context, '-n', this.namespace, ...args],
      options,
    );
  }

  async apply(manifest: object): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], { input: JSON.stringify(manifest) });
  }

  async get<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.look([...args, '-o', 'json'])) as T;
  }

  /** `kubectl get`, as printed. */
  look(args: readonly string[]): Promise<string> {
    return this.again(['get', ...args]);
  }

  /** What comes to the same done twice, so it is done again where it went astray. */
  async again(args: readonly string[], options?: RunOptions): Promise<string> {
    const { printed } = await until('the API server is reached', REACH_MS, () =>
      this.kubectl(args, options).then(
        (text) => ({ printed: text }),
        (error: unknown) => {
          if (!UNREACHED.test(String(error))) throw error;
          process.stderr.write(`  once more: ${String(error)}\n`);
          return null;
        },
      ),
    );
    return printed;
  }

  async pods(selector: string): Promise<readonly Pod[]> {
    return (await this.get<{ items: readonly Pod[] }>(['pods', '-l', selector])).items;
  }

  /** A path of a pod's port, through the API server. */
  async proxied(pod: string, port: number, path: string): Promise<string> {
    return this.kubectl([
      'get',
      '--raw',
      `/api/v1/namespaces/${this.namespace}/pods/${pod}:${String(port)}/proxy${path}`,
    ]);
  }

  /** The same with POST. */
  async posted(pod: string, port: number, path: string, options: RunOptions): Promise<string> {
    return this.kubectl(
      [
        'create',
        '--raw',
        `/api/v1/namespaces/${this.namespace}/pods/${pod}:${String(port)}/proxy${path}`,
        '-f',
        '-',
      ],
      { input: '{}', ...options },
    );
  }

  /** Harms a host, or heals it. */
  async host(...args: readonly string[]): Promise<void> {
    const { hostFaults } = this.settings;
    if (hostFaults === null) throw new Error(`hosts can't be harmed here; ${HOW_TO}`);
    await run(hostFaults, args, { timeoutMs: 180_000 });
  }

  async create(): Promise<void> {
    await this.apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: this.namespace,
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    });
  }

  /** Deletes the namespace; resolves when it is gone. */
  async destroy(timeoutMs = 120_000): Promise<void> {
    await this.kubectl([
      'delete',
      'namespace',
      this.namespace,
      '--wait=false',
      '--ignore-not-found',
    ]);
    await until(`namespace ${this.namespace} ends`, timeoutMs, async () => {
      return (await this.look(['namespace', this.namespace, '--ignore-not-found'])) === '';
    });
  }
}
