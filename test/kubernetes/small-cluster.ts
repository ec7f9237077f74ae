// What a bare API server lacks to run a ring: the StatefulSet controller, a scheduler, a kubelet and the
// protection of claims in use, played in one loop. Pods are run by whoever is handed in.
import { setTimeout as pause } from 'node:timers/promises';
import { RingError, type ErrorCode } from '../../core/errors.ts';
import type { KubeApi, KubeKind, KubeObject } from '../../operator/kubernetes/api.ts';
import { CLAIMS, HOSTS, PODS, STATEFUL_SETS, VOLUMES } from '../../operator/kubernetes/kinds.ts';
import { preferredZone } from '../../operator/kubernetes/zones.ts';
import type { Claim, Host, Pod, StatefulSet } from '../../operator/kubernetes/shapes.ts';

/** A pod that runs. */
export interface Running {
  /** Resolves when its process is gone. */
  stop(): Promise<void>;
}

export interface Launch {
  readonly pod: Pod;
  /** Of its own on the loopback device, so that ports can be the real ones. */
  readonly ip: string;
  /** UID of the claim that is mounted; null: none. */
  readonly claimUid: string | null;
}

export interface SmallClusterOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  /** 127.<block>: addresses of this cluster's pods. */
  readonly block: string;
  readonly launch: (launch: Launch) => Promise<Running>;
  /** Called after every round. */
  readonly turned?: () => void;
}

interface Template {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations?: object };
  readonly spec: Record<string, unknown>;
}

/** Rounds in a row that may fail, and with what: somebody else was faster, or nobody answered. */
const FAILED_MAX = 50;
const PASSING: readonly ErrorCode[] = ['NOT_FOUND', 'CONFLICT', 'PEER_UNREACHABLE'];

const ZONES = ['a', 'b', 'c'] as const;
const ZONE_KEY = 'topology.kubernetes.io/zone';

const UNSCHEDULABLE = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'Unschedulable',
  message: '0/2 nodes are available: 2 node(s) had volume node affinity conflict.',
} as const;

export class SmallCluster {
  private readonly options: SmallClusterOptions;
  private readonly running = new Map<string, Running>();
  private readonly ending = new AbortController();
  private turning: Promise<void> = Promise.resolve();
  private failure: Error | null = null;

  constructor(options: SmallClusterOptions) {
    this.options = options;
  }

  /**
   * Plays all controllers, round after round, until it is stopped. Where somebody else has taken away what
   * was just looked at, the next round looks again, as a controller does.
   */
  start(everyMs = 20): void {
    let failed = 0;
    const rounds = async (): Promise<void> => {
      while (!this.ending.signal.aborted) {
        try {
          await this.round();
          failed = 0;
        } catch (error) {
          failed += 1;
          const isPassing = error instanceof RingError && PASSING.includes(error.code);
          if (!isPassing || failed > FAILED_MAX) this.failure ??= error as Error;
        }
        this.options.turned?.();
        await pause(everyMs);
      }
    };
    this.turning = rounds();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.turning;
    await Promise.all([...this.running.values()].map((each) => each.stop()));
    this.running.clear();
    if (this.failure !== null) throw this.failure;
  }

  /** Everybody does what is to be done now. */
  async round(): Promise<void> {
    const { api, namespace } = this.options;
    const sets = await api.list<StatefulSet>(STATEFUL_SETS, namespace);
    for (const set of sets) await this.controlStatefulSet(set);
    const hosts = await api.list<Host>(HOSTS, null);
    const pods = await api.list<Pod>(PODS, namespace);
    for (const pod of pods) await this.runPod(pod, hosts);
    await this.forgetGone(pods);
    for (const claim of await api.list<Claim>(CLAIMS, namespace)) await this.tendClaim(claim, pods);
  }

  /** The pod dies with its host: it is gone from the API, and so is its process. */
  async crash(name: string): Promise<void> {
    const { api, namespace } = this.options;
    const pod = await api.get<Pod>({ kind: PODS, namespace, name });
    if (pod !== null)
      await api.remove({ kind: PODS, namespace, name }, { uid: pod.metadata.uid! }, 0);
  }

  private async controlStatefulSet(set: StatefulSet): Promise<void> {
    const { api, namespace } = this.options;
    const pods = await api.list<Pod>(PODS, namespace);
    const named = new Map(pods.map((pod) => [pod.metadata.name, pod]));
    const { replicas } = set.spec;
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const name = `${set.metadata.name}-${ordinal}`;
      const pod = named.get(name);
      // As the real one: claims of pods that are pending are made again where they went.
      if (pod === undefined || pod.status?.phase === 'Pending') await this.makeClaims(set, ordinal);
      if (pod === undefined) await this.makePod(set, ordinal);
    }
    for (const pod of pods) {
      const ordinal = Number(pod.metadata.name.slice(set.metadata.name.length + 1));
      if (!pod.metadata.name.startsWith(`${set.metadata.name}-`) || ordinal < replicas) continue;
      if (pod.metadata.deletionTimestamp === undefined)
        await api.remove(refOf(pod, PODS), { uid: pod.metadata.uid! });
    }
  }

  private async makeClaims(set: StatefulSet, ordinal: number): Promise<void> {
    const { api, namespace } = this.options;
    const templates = (set.spec.volumeClaimTemplates ?? []) as readonly KubeObject[];
    const { matchLabels } = set.spec.selector as { matchLabels: Record<string, string> };
    for (const template of templates) {
      const name = `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
      if ((await api.get({ kind: CLAIMS, namespace, name })) !== null) continue;
      const labels = { ...template.metadata.labels, ...matchLabels };
      await api.create(CLAIMS, { ...template, metadata: { name, namespace, labels } });
    }
  }

  private async makePod(set: StatefulSet, ordinal: number): Promise<void> {
    const { api, namespace } = this.options;
    const name = `${set.metadata.name}-${ordinal}`;
    const template = set.spec.template as Template;
    const claims = ((set.spec.volumeClaimTemplates ?? []) as readonly KubeObject[]).map(
      (claim) => ({
        name: claim.metadata.name,
        persistentVolumeClaim: {
          claimName: `${claim.metadata.name}-${set.metadata.name}-${ordinal}`,
        },
      }),
    );
    await api.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name, namespace },
      spec: {
        ...template.spec,
        hostname: name,
        subdomain: set.spec.serviceName,
        volumes: [...((template.spec.volumes ?? []) as readonly object[]), ...claims],
      },
    } as Pod);
  }

  /** Scheduler and kubelet: a pod without gates gets a host, an address and a process. */
  private async runPod(pod: Pod, hosts: readonly Host[]): Promise<void> {
    const { api, namespace } = this.options;
    const { name, uid, deletionTimestamp } = pod.metadata;
    const process = this.running.get(uid!);
    const host = pod.spec.nodeName;
    const isThere = hosts.some(({ metadata }) => metadata.name === host);
    // What stood on a host that is no more is collected.
    if (deletionTimestamp !== undefined || (host !== undefined && !isThere)) {
      await process?.stop();
      this.running.delete(uid!);
      await api.remove(refOf(pod, PODS), { uid: uid! }, 0);
      return;
    }
    const isSaid = process !== undefined && pod.status?.phase === 'Running';
    if ((pod.spec.schedulingGates ?? []).length > 0 || isSaid) return;
    const claim = await api.get<Claim>({ kind: CLAIMS, namespace, name: `data-${name}` });
    const pinned = claim?.metadata.annotations?.['volume.kubernetes.io/selected-node'];
    const chosen = host ?? hostFor(pod, pinned, hosts);
    if (chosen === null) {
      await this.setStatus(pod, PODS, { phase: 'Pending', conditions: [UNSCHEDULABLE] });
      return;
    }
    if (host === undefined) await this.bind(pod, chosen);
    // Only what came before it may still hold the volume.
    await this.endNamesakes(name, uid!);
    if (claim !== null && pinned === undefined) await this.provision(claim, chosen);
    const ip = `127.${this.options.block}.${ordinalOf(pod) + 1}`;
    const claimUid = claim?.metadata.uid ?? null;
    if (claim !== null) await this.setStatus(claim, CLAIMS, { phase: 'Bound' });
    if (process === undefined) {
      this.running.set(uid!, await this.options.launch({ pod, ip, claimUid }));
      this.names.set(uid!, name);
    }
    await this.setStatus(pod, PODS, {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'node',
          image: 'x',
          imageID: 'x',
          ready: true,
          restartCount: 0,
          state: { running: {} },
        },
      ],
    });
  }

  /** A folder on that host, and on no other. */
  private async provision(claim: Claim, host: string): Promise<void> {
    const { name, namespace, uid } = claim.metadata;
    const own = { key: 'kubernetes.io/hostname', operator: 'In', values: [host] };
    await this.options.api.apply(VOLUMES, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `volume-${uid!}` },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: `/volumes/${uid!}` },
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [own] }] } },
      },
    } as KubeObject);
    await this.options.api.patch(refOf(claim, CLAIMS), {
      metadata: { annotations: { 'volume.kubernetes.io/selected-node': host } },
      spec: { volumeName: `volume-${uid!}` },
    });
  }

  private readonly names = new Map<string, string>();

  private async endNamesakes(name: string, uid: string): Promise<void> {
    for (const [other, process] of [...this.running]) {
      if (other === uid || this.names.get(other) !== name) continue;
      await process.stop();
      this.running.delete(other);
    }
  }

  private async forgetGone(pods: readonly Pod[]): Promise<void> {
    const present = new Set(pods.map((pod) => pod.metadata.uid));
    for (const [uid, process] of [...this.running]) {
      if (present.has(uid)) continue;
      await process.stop();
      this.running.delete(uid);
    }
  }

  /** A claim goes once no pod that has a host uses it. */
  private async tendClaim(claim: Claim, pods: readonly Pod[]): Promise<void> {
    const { name, deletionTimestamp, finalizers = [] } = claim.metadata;
    if (deletionTimestamp === undefined || finalizers.length === 0) return;
    const user = pods.find((pod) => `data-${pod.metadata.name}` === name);
    if (user?.spec.nodeName !== undefined) return;
    await this.options.api.patch(refOf(claim, CLAIMS), { metadata: { finalizers: null } });
  }

  private async bind(pod: Pod, host: string): Promise<void> {
    const { name, namespace } = pod.metadata;
    const kind: KubeKind = {
      apiVersion: 'v1',
      kind: 'Binding',
      plural: `pods/${name}/binding`,
      namespaced: true,
    };
    const target = { apiVersion: 'v1', kind: 'Node', name: host };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target };
    await this.options.api.create(kind, binding);
  }

  private async setStatus(object: KubeObject, kind: KubeKind, status: object): Promise<void> {
    const { name, namespace } = object.metadata;
    const { apiVersion, kind: word } = kind;
    const applied = { apiVersion, kind: word, metadata: { name, namespace }, status };
    await this.options.api.applyStatus(kind, applied);
  }
}

const ordinalOf = ({ metadata: { name } }: Pod): number =>
  Number(name.slice(name.lastIndexOf('-') + 1));

/** Where its volume is, else in the zone that it wishes for; null: no host takes it. */
function hostFor(pod: Pod, pinned: string | undefined, hosts: readonly Host[]): string | null {
  const free = hosts
    .filter(({ spec }) => spec?.unschedulable !== true)
    .map(({ metadata }) => metadata.name);
  if (pinned !== undefined) return free.find((name) => name === pinned) ?? null;
  const zone = preferredZone(pod, ZONE_KEY) ?? ZONES[ordinalOf(pod) % 3]!;
  return free.find((name) => name === `host-${zone}`) ?? free[0] ?? null;
}

/** Three hosts in three zones. */
export async function makeHosts(api: KubeApi): Promise<void> {
  for (const zone of ZONES) {
    const name = `host-${zone}`;
    const labels = { [ZONE_KEY]: zone, 'kubernetes.io/hostname': name };
    const spec = { unschedulable: false };
    const host = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec };
    await api.apply(HOSTS, host);
    const conditions = [{ type: 'Ready', status: 'True' }];
    await api.applyStatus(HOSTS, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      status: { conditions },
    });
  }
}

const refOf = ({ metadata: { name, namespace } }: KubeObject, kind: KubeKind) => ({
  kind,
  namespace: namespace ?? null,
  name,
});
