// Pods of a small cluster as real node processes: what the pod's manifest says is what they get, from
// the environment to the files of the Secret.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KubeApi } from '../../operator/kubernetes/api.ts';
import { SECRETS } from '../../operator/kubernetes/kinds.ts';
import type { Pod, Secret } from '../../operator/kubernetes/shapes.ts';
import type { Launch, Running } from './small-cluster.ts';

const NODE = fileURLToPath(new URL('../../node/main.ts', import.meta.url));

interface Container {
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
}

/** Volumes and secrets are folders in `folder`. */
export function realNodes(api: KubeApi, folder: string): (launch: Launch) => Promise<Running> {
  return async ({ pod, ip, claimUid }) => {
    const { name, namespace, uid } = pod.metadata;
    const own = join(folder, uid!);
    await mountSecrets(api, { pod, own });
    const mounts = {
      '/etc/ringkeeper': own,
      ...(claimUid === null ? {} : { '/data': join(folder, claimUid) }),
    };
    const environment = environmentOf(pod, mounts, ip);
    const child = spawn(process.execPath, [NODE], { env: environment, stdio: 'ignore' });
    if (child.pid === undefined) throw new Error(`${namespace}/${name} did not start`);
    const ended = once(child, 'exit');
    return {
      stop: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
  };
}

async function mountSecrets(api: KubeApi, { pod, own }: { pod: Pod; own: string }): Promise<void> {
  const volumes = (pod.spec as { volumes?: readonly { secret?: { secretName: string } }[] })
    .volumes;
  const name = volumes?.find(({ secret }) => secret !== undefined)?.secret?.secretName;
  const namespace = pod.metadata.namespace!;
  const secret = await api.get<Secret>({ kind: SECRETS, namespace, name: name! });
  mkdirSync(own, { recursive: true });
  for (const [file, text] of Object.entries(secret?.data ?? {}))
    writeFileSync(join(own, file), Buffer.from(text, 'base64'));
}

function environmentOf(
  pod: Pod,
  mounts: Readonly<Record<string, string>>,
  ip: string,
): Record<string, string> {
  const [container] = (pod.spec as unknown as { containers: readonly Container[] }).containers;
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of container!.env) {
    const given =
      value ?? (valueFrom === undefined ? '' : field(pod, valueFrom.fieldRef.fieldPath));
    environment[name] = given.replace(
      /\$\(([A-Z_]+)\)/g,
      (_, other: string) => environment[other]!,
    );
  }
  for (const [name, text] of Object.entries(environment)) {
    const mount = Object.keys(mounts).find((path) => text.startsWith(`${path}/`));
    if (mount !== undefined) environment[name] = mounts[mount]! + text.slice(mount.length);
  }
  // In a pod every address is its own; here it must keep to its address of the loopback device.
  for (const name of ['CLIENT', 'ADMIN', 'PEER'])
    environment[`RINGKEEPER_${name}`] = ip + environment[`RINGKEEPER_${name}`]!;
  return environment;
}

function field(pod: Pod, path: string): string {
  if (path === 'metadata.name') return pod.metadata.name;
  const annotation = /^metadata\.annotations\['(.+)'\]$/.exec(path)?.[1];
  return pod.metadata.annotations?.[annotation ?? ''] ?? '';
}
