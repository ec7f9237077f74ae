// The image in containers of the local Docker engine: built once for a test file, run as a cluster would
// run it, with a network between each two members that can be cut by itself.
import { execFile } from 'node:child_process';
import { describe } from '@jest/globals';
import { GenericContainer, getContainerRuntimeClient, Network, Wait } from 'testcontainers';
import type { ContainerRuntimeClient, StartedNetwork, StartedTestContainer } from 'testcontainers';

// Everything that is started is stopped by who started it; its reaper's image is one more to be pulled.
process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';

export const IMAGE = 'ringkeeper:test';
/** ms; from nothing it takes three minutes on two busy cores. */
export const BUILD_MS = 900_000;

/** null: no Docker engine answers the docker command, or there is no such command. */
export const engine: ContainerRuntimeClient | null =
  (await docker(['version'])).code === 0 ? await getContainerRuntimeClient() : null;

/** A suite that needs a Docker engine; without one it is skipped and says so. */
export function describeInContainers(title: string, suite: () => void): void {
  if (engine === null) describe.skip(`${title} (no Docker engine answers)`, suite);
  else describe(title, suite);
}

export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A docker command to its end. */
export function docker(args: readonly string[], timeoutMs = 60_000): Promise<Ended> {
  return new Promise((resolve) => {
    execFile('docker', args, { timeout: timeoutMs }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: stdout + stderr });
    });
  });
}

export async function buildImage(): Promise<void> {
  const { code, output } = await docker(['build', '-q', '-t', IMAGE, '.'], BUILD_MS);
  if (code !== 0) throw new Error(output);
}

/** As pods of the restricted profile run: nothing may be written, no rights at all. */
export class RestrictedContainer extends GenericContainer {
  constructor() {
    super(IMAGE);
    this.hostConfig.ReadonlyRootfs = true;
    this.hostConfig.CapDrop = ['ALL'];
    this.hostConfig.SecurityOpt = ['no-new-privileges'];
    // What the test looks at afterwards is removed by the test.
    this.autoRemove = false;
  }
}

/** One that can be cut while others stay. */
type PairNetwork = ReturnType<ContainerRuntimeClient['network']['getById']>;

export interface Mesh {
  /** Reached by the test; its members do not know one another there. */
  readonly front: StartedNetwork;
  /** By the two members' numbers, the lower one first: `0-1`. */
  readonly pairs: ReadonlyMap<string, PairNetwork>;
}

const MEMBERS = [0, 1, 2] as const;

export async function openMesh(): Promise<Mesh> {
  const front = await new Network().start();
  const pairs = new Map<string, PairNetwork>();
  for (const pair of ['0-1', '0-2', '1-2']) {
    // Internal: else the published ports move to whichever network was joined last.
    const options = { Name: `${front.getName()}-${pair}`, Internal: true };
    pairs.set(pair, await engine!.container.dockerode.createNetwork(options));
  }
  return { front, pairs };
}

/** Starts member `number` of three, joined with each of the others by a network of their own. */
export async function startMember(
  mesh: Mesh,
  number: number,
  secretsFolder: string,
): Promise<StartedTestContainer> {
  const name = memberName(number);
  const container = await new RestrictedContainer()
    .withCommand(['node'])
    .withEnvironment({
      RINGKEEPER_ID: name,
      RINGKEEPER_DATA: '/data/ringkeeper',
      RINGKEEPER_CLIENT: ':8080',
      RINGKEEPER_ADMIN: ':8081',
      RINGKEEPER_PEER: ':8082',
      RINGKEEPER_ADVERTISE: `${name}:8082`,
      RINGKEEPER_CLUSTER_SECRET_FILE: '/etc/ringkeeper/secret',
      RINGKEEPER_ADMIN_TOKEN_FILE: '/etc/ringkeeper/secret',
    })
    .withBindMounts([{ source: secretsFolder, target: '/etc/ringkeeper', mode: 'ro' }])
    // The mode of the image's own /data counts, whatever mode is asked for here.
    .withTmpFs({ '/data': 'rw,uid=10001,gid=10001' })
    .withNetwork(mesh.front)
    .withExposedPorts(8080, 8081)
    .withWaitStrategy(Wait.forHttp('/healthz', 8081))
    .start();
  for (const other of MEMBERS) if (other !== number) await join(mesh, container, number, other);
  return container;
}

export const memberName = (number: number): string => `ring-${number}`;

/** Connects the member to the network that it shares with the other. */
export async function join(
  mesh: Mesh,
  container: StartedTestContainer,
  number: number,
  other: number,
): Promise<void> {
  await networkOf(mesh, number, other).connect({
    Container: container.getId(),
    EndpointConfig: { Aliases: [memberName(number)] },
  });
}

/** Nothing passes between the two any more; all others go on. */
export async function cut(
  mesh: Mesh,
  container: StartedTestContainer,
  number: number,
  other: number,
): Promise<void> {
  await networkOf(mesh, number, other).disconnect({ Container: container.getId(), Force: true });
}

function networkOf({ pairs }: Mesh, a: number, b: number): PairNetwork {
  return pairs.get(`${Math.min(a, b)}-${Math.max(a, b)}`)!;
}

export async function closeMesh({ front, pairs }: Mesh): Promise<void> {
  for (const network of pairs.values()) await network.remove();
  await front.stop();
}
