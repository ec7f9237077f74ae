// A ring of ideal nodes on a real API server, worked on by an operator that may be killed at any write,
// and what was left of its data all the while.
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import type { KubeApi, KubeObject } from '../../operator/kubernetes/api.ts';
import { documentIn } from '../../operator/kubernetes/document-map.ts';
import {
  CLAIMS,
  CLUSTERS,
  CONFIG_MAPS,
  PODS,
  STATEFUL_SETS,
} from '../../operator/kubernetes/kinds.ts';
import { KubernetesPlatform } from '../../operator/kubernetes/platform.ts';
import type {
  Claim,
  ClusterObject,
  ConfigMap,
  Pod,
  StatefulSet,
} from '../../operator/kubernetes/shapes.ts';
import { pass } from '../../operator/loop.ts';
import { plan } from '../../operator/planner/plan.ts';
import { wake } from '../../operator/wake.ts';
import { IdealPods } from './ideal-pods.ts';
import { Killed, mortalApi } from './mortal-api.ts';
import { RING } from './ring-objects.ts';
import { SmallCluster } from './small-cluster.ts';

/** Passes within which everything here comes to rest. */
const PASSES_MAX = 150;
/** Tries of one round of the controllers. */
const TRIES_MAX = 5;
export const NEVER = Number.POSITIVE_INFINITY;

export class OperatedRing {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly pods = new IdealPods();
  readonly cluster: SmallCluster;
  /** Slots of which fewer copies were left than W, at any moment. */
  readonly losses: string[] = [];
  /** Slots of which any copy was missing, at any moment. */
  readonly gaps: string[] = [];
  /** What the operator told people, by reason. */
  readonly told = new Set<string>();
  private claims = new Set<string>();
  /** Wall clock of the operator in ms: each pass takes a second. */
  private nowMs = Date.UTC(2026, 0);

  constructor(api: KubeApi, namespace: string, block: string) {
    this.api = api;
    this.namespace = namespace;
    this.cluster = new SmallCluster({ api, namespace, block, launch: this.pods.launch });
  }

  /**
   * Works until nothing has been left to do for more than `idleMax` passes, or until the operator is
   * killed; the writes it made.
   */
  async operate(
    writesMax: number,
    idleMax = 2,
  ): Promise<{ readonly writes: number; readonly killed: boolean }> {
    const mortal = mortalApi(this.api, writesMax);
    const platform = new KubernetesPlatform({
      namespace: this.namespace,
      name: RING,
      api: mortal.api,
      view: mortal.api,
      latest: { template: 1, image: 'ringkeeper' },
      wake: wake(),
      tell: (_, { reason }) => this.told.add(reason),
      isolated: true,
      readsHosts: true,
      now: () => this.nowMs,
    });
    let idle = 0;
    for (let passes = 0; passes < PASSES_MAX + idleMax; passes++) {
      try {
        const answer = await pass(platform, plan);
        const isIdle = answer?.action.kind === 'none' && answer.waits.length === 0;
        idle = isIdle ? idle + 1 : 0;
      } catch (error) {
        if (error instanceof Killed) return { writes: mortal.writes(), killed: true };
        if (!(error instanceof RingError)) throw error;
      }
      await this.round();
      await this.judge();
      this.nowMs += 1000;
      if (idle > idleMax) return { writes: mortal.writes(), killed: false };
    }
    throw new Error(`no end after ${PASSES_MAX} passes: ${JSON.stringify(await this.end())}`);
  }

  /** The claim of a member is deleted, and its pod with it. */
  async wipe(ordinal: number): Promise<void> {
    const name = `data-${RING}-${ordinal}`;
    const ref = { kind: CLAIMS, namespace: this.namespace, name };
    const claim = await this.api.get<Claim>(ref);
    await this.api.remove(ref, { uid: claim!.metadata.uid! });
    await this.cluster.crash(`${RING}-${ordinal}`);
    await this.round();
    await this.judge();
  }

  /** The claim is deleted, and stays while its pod does. */
  async doom(ordinal: number): Promise<void> {
    const ref = this.ref(CLAIMS, `data-${RING}-${ordinal}`);
    const claim = await this.api.get<Claim>(ref);
    await this.api.remove(ref, { uid: claim!.metadata.uid! });
  }

  now(): string {
    return new Date(this.nowMs).toISOString();
  }

  later(ms: number): void {
    this.nowMs += ms;
  }

  async hostOf(ordinal: number): Promise<string> {
    const pod = await this.api.get<Pod>(this.ref(PODS, `${RING}-${ordinal}`));
    return pod!.spec.nodeName!;
  }

  /** A host on which one member is alone. */
  async hostOfOne(): Promise<string> {
    const pods = await this.api.list<Pod>(PODS, this.namespace);
    const hosts = pods.flatMap(({ spec }) => spec.nodeName ?? []);
    return hosts.find((host) => hosts.indexOf(host) === hosts.lastIndexOf(host))!;
  }

  /** What is left when nothing is to be done any more; names that are drawn anew left out. */
  async end(): Promise<object> {
    const document = await this.document();
    const listed = (all: readonly KubeObject[]): string[] =>
      all.map(({ metadata }) => metadata.name).sort();
    const set = await this.api.get<StatefulSet>(this.ref(STATEFUL_SETS, RING));
    const ring = await this.api.get<ClusterObject>(this.ref(CLUSTERS, RING));
    const conditions = (ring?.status?.conditions ?? []) as { type: string; status: string }[];
    return {
      phase: document?.phase,
      members: document?.members.map(({ id, state, lost }) => [id, state, lost]),
      receipts: document?.receipts,
      uncleaned: document?.uncleaned,
      pods: listed(await this.api.list<Pod>(PODS, this.namespace)),
      claims: listed(await this.api.list<Claim>(CLAIMS, this.namespace)),
      replicas: set?.spec.replicas,
      running: set?.metadata.annotations?.['dht.ringkeeper.dev/members'],
      whole: document !== null && this.pods.isWhole(document),
      holding: conditions.filter(({ status }) => status === 'True').map(({ type }) => type),
      readyReplicas: ring?.status?.readyReplicas,
    };
  }

  /** As a controller does: where the API server did not answer, it tries again. */
  private async round(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.cluster.round();
        return;
      } catch (error) {
        const isUnanswered = error instanceof RingError && error.code === 'PEER_UNREACHABLE';
        if (!isUnanswered || tries === TRIES_MAX) throw error;
      }
    }
  }

  private async judge(): Promise<void> {
    const claims = await this.api.list<Claim>(CLAIMS, this.namespace);
    const present = new Set(claims.map(({ metadata }) => metadata.uid!));
    for (const uid of this.claims) if (!present.has(uid)) this.pods.destroy(uid);
    this.claims = present;
    const document = await this.document();
    if (document === null) return;
    const { slotBits, current } = document;
    const copies = this.pods.copies(document);
    if (!copies.some((count) => count > 0)) return;
    const note = (into: string[], wanted: number): void => {
      const short = copies.filter((count) => count < wanted).length;
      if (short > 0)
        into.push(
          `epoch ${document.epoch}: ${short} of ${1 << slotBits} slots: ${this.pods.holders()}`,
        );
    };
    note(this.losses, current.writeQuorum);
    note(this.gaps, Math.min(current.replicationFactor, current.seats.length));
  }

  private async document(): Promise<RingDocument | null> {
    return documentIn(await this.api.get<ConfigMap>(this.ref(CONFIG_MAPS, `${RING}-ring`)));
  }

  private ref(kind: typeof CLAIMS, name: string) {
    return { kind, namespace: this.namespace, name };
  }
}
