// Flags of the operator on Kubernetes.
import { hostname } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CONSOLE_PORT, QUEUE_WORKERS } from '../../core/limits.ts';

export interface KubernetesFlags {
  /** Image of rings whose spec names none. */
  readonly image: string;
  /** null: rings of all namespaces. */
  readonly namespaces: readonly string[] | null;
  readonly workers: number;
  /** Name of the Lease by which one of several operators leads; null: this one acts at once. */
  readonly lease: string | null;
  /** Where the Lease is. */
  readonly ownNamespace: string;
  /** Of this process, for the Lease and for events. */
  readonly identity: string;
  readonly healthPort: number;
  readonly kubeconfig: string | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly readsHosts: boolean;
  readonly isolated: boolean;
  /** Port of the console on loopback; null: none. */
  readonly consolePort: number | null;
  /** Who may patch a DhtCluster may do so from the console. */
  readonly consoleChanges: boolean;
}

interface Parsed {
  readonly image: string;
  readonly namespace: readonly string[];
  readonly workers: number;
  readonly lease?: string;
  readonly healthPort: number;
  readonly kubeconfig?: string;
  readonly logLevel: KubernetesFlags['logLevel'];
  readonly hosts: boolean;
  readonly networkPolicies: boolean;
  readonly console: boolean;
  readonly consolePort: number;
  readonly consoleChanges?: true;
}

/** Ends the process with 2 where they are wrong, with 0 after --help. */
export function readFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): KubernetesFlags {
  const program = new Command('ringkeeper kubernetes')
    .description('Runs the rings that DhtClusters describe, on the Kubernetes cluster it finds.')
    .requiredOption('--image <image>', 'image of the nodes of rings whose spec names none')
    .option(
      '--namespace <name>',
      'only rings of this namespace; may be given more than once (default: of all)',
      (name: string, before: readonly string[]) => [...before, name],
      [] as readonly string[],
    )
    .option('--workers <count>', 'rings that are worked on at a time', parseCount, QUEUE_WORKERS)
    .option(
      '--lease <name>',
      'Lease by which one of several operators leads (default: no election)',
    )
    .option('--health-port <port>', '/healthz, /readyz and /metrics', parsePort, 8081)
    .option('--kubeconfig <file>', "which cluster (default: the pod's own, or KUBECONFIG)")
    .addOption(
      new Option('--log-level <level>', 'least important line that is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--no-hosts', 'hosts may not be read: all members are in one zone')
    .option('--no-network-policies', 'rings get no NetworkPolicy')
    .option(
      '--console-port <port>',
      'web console on loopback, for kubectl port-forward',
      parsePort,
      CONSOLE_PORT,
    )
    .option(
      '--console-changes',
      'who shows a token that may patch a DhtCluster may change it from the console (default: it only shows)',
    )
    .option('--no-console', 'without the web console')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse([...args], { from: 'user' });
  const given = program.opts<Parsed>();
  return {
    image: given.image,
    namespaces: given.namespace.length === 0 ? null : given.namespace,
    workers: given.workers,
    lease: given.lease ?? null,
    ownNamespace: environment.POD_NAMESPACE ?? 'default',
    identity: environment.POD_NAME ?? hostname(),
    healthPort: given.healthPort,
    kubeconfig: given.kubeconfig ?? null,
    logLevel: given.logLevel,
    readsHosts: given.hosts,
    isolated: given.networkPolicies,
    consolePort: given.console ? given.consolePort : null,
    consoleChanges: given.consoleChanges ?? false,
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new InvalidArgumentError('give a number from 0 to 65535; 0 takes a free port');
  return port;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw new InvalidArgumentError('give a number from 1 to 64');
  return count;
}
