// A ring on the cluster and the steady load beside it: what every scenario is done to.
import { until } from '../live/until.ts';
import { ENDED_MS, isReady } from './kube.ts';
import type { Kube, Pod } from './kube.ts';
import { LOAD } from './load-port.ts';
import type { LoadSums, LoadVerdict } from './load-port.ts';

const LOAD_POD = 'load';
/** ms: the final readings and the judgement of some minutes of calls. */
const FINISH_MS = 300_000;

export interface RingSpec {
  readonly replicas: number;
  readonly replicationFactor?: number;
  readonly [field: string]: unknown;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** When `status` last became another one. */
  readonly lastTransitionTime: string;
}

export interface RingStatus {
  readonly observedGeneration?: number;
  readonly readyReplicas?: number;
  readonly ring?: {
    readonly epoch: number;
    readonly phase: string;
    readonly underReplicatedSlots: number;
  };
  readonly conditions?: readonly Condition[];
  readonly members?: readonly { readonly name: string; readonly state: string }[];
}

interface RingObject {
  readonly metadata: { readonly uid: string; readonly generation: number };
  readonly spec: RingSpec;
  readonly status?: RingStatus;
}

interface Claim {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status: { readonly capacity?: { readonly storage: string } };
}

interface EndpointSlice {
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: { readonly ready?: boolean };
      }[]
    | null;
}

/** One that is deleted is forgotten in the server's own time. */
const isKept = ({ metadata }: Claim): boolean => metadata.deletionTimestamp === undefined;

/** Kubernetes makes the claim of a gap's pod as well; it waits with it, and is given no volume. */
const hasVolume = (claim: Claim): boolean => isKept(claim) && claim.status.capacity !== undefined;

export class RingUnderLoad {
  readonly kube: Kube;
  readonly name: string;
  #loads = 0;
  readonly #images: { readonly ring: string; readonly load: string };

  constructor(kube: Kube, name: string, images: { readonly ring: string; readonly load: string }) {
    this.kube = kube;
    this.name = name;
    this.#images = images;
  }

  async create(spec: RingSpec): Promise<void> {
    await this.kube.apply({
      apiVersion: 'dht.ringkeeper.dev/v1alpha1',
      kind: 'DhtCluster',
      metadata: { name: this.name },
      spec: { image: this.#images.ring, ...spec },
    });
  }

  /** As a person would do it. */
  async scale(replicas: number): Promise<void> {
    await this.kube.kubectl(['scale', 'dht', this.name, `--replicas=${String(replicas)}`]);
  }

  /** As somebody else would: an autoscaler’s account. */
  async scaleAs(user: string, replicas: number): Promise<void> {
    const path = `/apis/dht.ringkeeper.dev/v1alpha1/namespaces/${this.kube.namespace}/dhtclusters/${this.name}/scale`;
    await this.kube.kubectl(['replace', '--raw', path, '-f', '-', `--as=${user}`], {
      input: JSON.stringify({
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: this.name, namespace: this.kube.namespace },
        spec: { replicas },
      }),
    });
  }

  /** UIDs of its volume claims, but for those that are deleted. */
  async claims(): Promise<readonly string[]> {
    return (await this.#claims()).filter(isKept).map(({ metadata }) => metadata.uid);
  }

  /** What its volumes have, by their claims' own word. */
  async volumeSizes(): Promise<readonly string[]> {
    const volumes = (await this.#claims()).filter(hasVolume);
    return volumes.flatMap(({ status }) => status.capacity?.storage ?? []);
  }

  /** These members have volumes, and nobody else has one. */
  async untilVolumesOf(members: readonly string[], ms: number): Promise<void> {
    const wanted = members.map((member) => `data-${member}`).sort();
    await this.#untilAmong(`only ${wanted.join(', ')} have volumes`, ms, (claims) => {
      const names = claims.filter(hasVolume).map(({ metadata }) => metadata.name);
      return JSON.stringify(names.sort()) === JSON.stringify(wanted);
    });
  }

  /** No claim that was deleted is still there. */
  async untilDeletedAreGone(ms: number): Promise<void> {
    await this.#untilAmong('deleted claims are gone', ms, (claims) => claims.every(isKept));
  }

  /** Waits for what its claims come to; throws with what they were last. */
  async #untilAmong(
    what: string,
    ms: number,
    isSo: (claims: readonly Claim[]) => boolean,
  ): Promise<void> {
    let last: readonly Claim[] = [];
    await until(what, ms, async () => isSo((last = await this.#claims()))).catch(
      (error: unknown) => {
        const found = last.map(({ metadata }) => {
          const { name, creationTimestamp, deletionTimestamp, annotations } = metadata;
          return JSON.stringify([name, creationTimestamp, deletionTimestamp, annotations]);
        });
        throw new Error(`${String(error)}; last: ${found.join(' ')}`, { cause: error });
      },
    );
  }

  async #claims(): Promise<readonly Claim[]> {
    const { items } = await this.kube.get<{ items: readonly Claim[] }>([
      'pvc',
      '-l',
      `app.kubernetes.io/instance=${this.name}`,
    ]);
    return items;
  }

  /** Writes or reads keys by way of one member: values with their versions, as it tells them. */
  async batch(operations: readonly object[]): Promise<readonly { readonly status: number }[]> {
    const [member] = await this.members();
    const body = JSON.stringify({ operations });
    const options = { input: body, timeoutMs: 60_000 };
    const text = await this.kube.posted(member!.metadata.name, 8080, '/v1/batch', options);
    const { results } = JSON.parse(text) as { results: readonly { readonly status: number }[] };
    const failed = results.find(({ status }) => status >= 300);
    if (failed !== undefined) throw new Error(`a key of a batch failed: ${JSON.stringify(failed)}`);
    return results;
  }

  /** null: there is none of this name. */
  async uidOfClaim(name: string): Promise<string | null> {
    const uid = ['pvc', name, '--ignore-not-found', '-o', 'jsonpath={.metadata.uid}'];
    return (await this.kube.look(uid)) || null;
  }

  /** Where nothing refuses it; the API server may take a moment to forget that something did. */
  async deleteClaim(name: string): Promise<void> {
    let refusal = '';
    await until('the claim may be deleted', 30_000, () =>
      this.kube.kubectl(['delete', 'pvc', name, '--wait=false']).then(
        () => true,
        (error: unknown) => {
          refusal = String(error);
          return false;
        },
      ),
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last: ${refusal}`);
    });
  }

  /** Addresses to which the Service sends clients. */
  async endpoints(): Promise<ReadonlySet<string>> {
    const { items } = await this.kube.get<{ items: readonly EndpointSlice[] }>([
      'endpointslices',
      '-l',
      `kubernetes.io/service-name=${this.name}`,
    ]);
    const ready = items.flatMap(({ endpoints }) => endpoints ?? []);
    return new Set(
      ready.flatMap(({ addresses, conditions }) => (conditions?.ready ? addresses : [])),
    );
  }

  async untilReady(members: number, ms: number): Promise<void> {
    await until(
      `${String(members)} members are ready`,
      ms,
      async () => (await this.members()).filter(isReady).length === members,
      500,
    );
  }

  async untilImage(image: string, ms: number): Promise<void> {
    await until(
      `every member runs ${image}`,
      ms,
      async () =>
        (await this.members()).every(
          (pod) => isReady(pod) && pod.spec.containers.every((one) => one.image === image),
        ),
      500,
    );
  }

  async patch(spec: object): Promise<void> {
    await this.kube.kubectl([
      'patch',
      'dht',
      this.name,
      '--type=merge',
      '-p',
      JSON.stringify({ spec }),
    ]);
  }

  object(): Promise<RingObject> {
    return this.kube.get<RingObject>(['dht', this.name]);
  }

  async condition(type: string): Promise<Condition | undefined> {
    const { status } = await this.object();
    return status?.conditions?.find((one) => one.type === type);
  }

  /** Without the pods of gaps: they wait at their gates and are nobody. */
  async members(): Promise<readonly Pod[]> {
    const pods = await this.kube.pods(
      `app.kubernetes.io/instance=${this.name},app.kubernetes.io/component=node`,
    );
    return pods.filter(({ spec }) => (spec.schedulingGates ?? []).length === 0);
  }

  /** The ring is what its spec asks for, whole and at rest. */
  async untilSettled(ms: number): Promise<void> {
    let last = '';
    await until(
      `ring ${this.name} is settled`,
      ms,
      async () => {
        const { metadata, spec, status } = await this.object();
        const conditions = new Map(status?.conditions?.map((one) => [one.type, one]));
        const line = [...conditions.values()]
          .filter(
            ({ type, status: is }) => ['Ready', 'Reconciling', 'Stalled'].includes(type) && is,
          )
          .map(({ type, status: is, reason, message }) => `${type}=${is} ${reason}: ${message}`)
          .join('; ');
        if (line !== last) process.stderr.write(`  ${this.name}: ${line}\n`);
        last = line;
        return (
          status?.observedGeneration === metadata.generation &&
          status.readyReplicas === spec.replicas &&
          status.ring?.phase === 'stable' &&
          status.ring.underReplicatedSlots === 0 &&
          conditions.get('Ready')?.status === 'True' &&
          conditions.get('Reconciling')?.status === 'False' &&
          (await this.members()).filter(isReady).length === spec.replicas
        );
      },
      500,
    ).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}; last: ${last}`);
    });
  }

  /** Starts the load; on this host where it is named, so that it outlives what befalls the others. */
  async startLoad(options: { readonly host?: string; readonly seed?: number } = {}): Promise<void> {
    await this.kube.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: LOAD_POD, labels: { 'app.kubernetes.io/name': 'ringkeeper-load' } },
      spec: {
        ...(options.host === undefined ? {} : { nodeName: options.host }),
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 2,
        automountServiceAccountToken: false,
        // A host that is drained or cut off keeps its load: it is the observer.
        tolerations: [{ operator: 'Exists' }],
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'load',
            image: this.#images.load,
            imagePullPolicy: 'IfNotPresent',
            args: [
              `--host=${this.name}`,
              `--seed=${String(options.seed ?? 1)}`,
              // Loads of other scenarios left their keys in the ring.
              `--prefix=load-${String(this.#loads++)}-`,
            ],
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
          },
        ],
      },
    });
    await until(
      'the load runs',
      60_000,
      async () => ((await this.sums())?.acknowledged ?? 0) > 20,
      250,
    );
  }

  /** What the load saw so far; null: it does not answer. */
  async sums(): Promise<LoadSums | null> {
    try {
      return JSON.parse(await this.kube.proxied(LOAD_POD, LOAD.controlPort, '/sums')) as LoadSums;
    } catch {
      return null;
    }
  }

  /** Ends the load, reads every key it ever wrote, and judges the history. */
  async finishLoad(): Promise<LoadVerdict> {
    const text = await this.kube.posted(LOAD_POD, LOAD.controlPort, '/finish', {
      timeoutMs: FINISH_MS,
    });
    const verdict = JSON.parse(text) as LoadVerdict;
    await this.kube.again(['delete', 'pod', LOAD_POD, '--ignore-not-found'], {
      timeoutMs: ENDED_MS,
    });
    return verdict;
  }
}
