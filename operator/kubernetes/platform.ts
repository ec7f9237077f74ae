// The Platform over the API server: what it has is observed, what the planner asks for is carried out
// by compare-and-set, and what came of it is published.
import { unreachable } from '../../core/assert.ts';
import type { ClusterStatus } from '../../core/api/cluster.ts';
import { nodeId } from '../../core/api/ids.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { Problem } from '../../core/api/schema.ts';
import { RingError } from '../../core/errors.ts';
import { KUBE_SECRET_MS } from '../../core/limits.ts';
import { desiredOf } from '../desired.ts';
import { nodeClient } from '../node-client.ts';
import type { NodeClient } from '../node-client.ts';
import type { Platform } from '../platform.ts';
import type { Action } from '../planner/actions.ts';
import type { Desired, Observed } from '../planner/observed.ts';
import type { Plan } from '../planner/plan.ts';
import { postDocument } from '../post-document.ts';
import { Survey } from '../survey.ts';
import type { RingFigures } from '../ring-figures.ts';
import type { Wake } from '../wake.ts';
import type { KubeApi } from './api.ts';
import { attempts, doChores } from './chores.ts';
import { namesOf, releasedClaims } from './claims.ts';
import { readCluster } from './cluster-object.ts';
import { followDrain } from './drains.ts';
import { extraConditions } from './extra-conditions.ts';
import { factsOf, Lives } from './facts.ts';
import { whyAwake } from './hibernation.ts';
import { CLAIMS, CLUSTERS, HOSTS, PODS } from './kinds.ts';
import type { Ring } from './manifests/ring.ts';
import { peerAddress } from './manifests/services.ts';
import { membersOf, NO_MEMBERS, shouldRun, withStarted } from './members.ts';
import type { Members } from './members.ts';
import { PORTS, selectorOf } from './names.ts';
import type { Happening, KubeView, Operated } from './operated.ts';
import { refIn } from './operated.ts';
import { adminToken } from './outfit.ts';
import type { Latest } from './pinned.ts';
import { isLive, ordinalIn, placesOf } from './places.ts';
import type { Place } from './places.ts';
import { podRevision } from './pod-settings.ts';
import { Leaving } from './leaving.ts';
import type { Leaver, Scene } from './leaving.ts';
import { lossesOf } from './losses.ts';
import { Publisher } from './publish.ts';
import { removeMember } from './remove-member.ts';
import type { Claim, ClusterObject, Host, Pod, StatefulSet } from './shapes.ts';
import { editMembers, tendStatefulSet } from './stateful-set-edits.ts';
import { isKept } from './status.ts';
import { checkAlone } from './restarts.ts';
import { StoredDocument } from './stored.ts';
import { isSpent } from './volumes.ts';

export interface KubernetesOptions {
  readonly namespace: string;
  readonly name: string;
  readonly api: KubeApi;
  readonly view: KubeView;
  readonly latest: Latest;
  readonly wake: Wake;
  readonly tell: (about: ClusterObject, happening: Happening) => void;
  /** Rings get a NetworkPolicy. */
  readonly isolated: boolean;
  /** False: hosts can't be read, so all members are in one zone. */
  readonly readsHosts: boolean;
  /** host:port of a member's peer port as others see it; left out: its name in the peers' Service. */
  readonly addressOf?: (pod: string) => string;
  /** Wall clock in ms; left out: this machine's. */
  readonly now?: () => number;
}

/** What was last seen of one ring. */
interface Seen {
  readonly statefulSet: StatefulSet | null;
  readonly members: Members;
  readonly places: readonly Place[];
  readonly claims: readonly Claim[];
  readonly troubles: readonly string[];
  readonly leavers: readonly Leaver[];
  /** What was published before this pass. */
  readonly told: ClusterStatus | null;
}

const NOTHING_SEEN: Seen = {
  statefulSet: null,
  members: NO_MEMBERS,
  places: [],
  claims: [],
  troubles: [],
  leavers: [],
  told: null,
};

export class KubernetesPlatform implements Platform {
  private readonly options: KubernetesOptions;
  private object: ClusterObject | null = null;
  private ring: Ring | null = null;
  private problems: readonly Problem[] = [];
  private seen: Seen = NOTHING_SEEN;
  private survey: Survey;
  private readonly lives = new Lives();
  private readonly leaving = new Leaving();
  private stored = new StoredDocument();
  private publisher = new Publisher();
  private inPlace: Operated['inPlace'] = new Map();
  private token: { readonly text: string; readonly atMs: number } | null = null;

  constructor(options: KubernetesOptions) {
    this.options = options;
    this.survey = new Survey(options.name);
  }

  /** True while all members are stopped at the user's wish: there is nothing to plan. */
  isAsleep(): boolean {
    return this.seen.members.asleep;
  }

  /** What the last pass found; null: none has ended yet. */
  get status(): ClusterStatus | null {
    return this.publisher.status;
  }

  get figures(): RingFigures | null {
    return this.publisher.figures;
  }

  async desired(): Promise<Desired | null> {
    const { view, namespace, name } = this.options;
    const object = await view.get<ClusterObject>({ kind: CLUSTERS, namespace, name });
    if (object === null || object.metadata.deletionTimestamp !== undefined) {
      this.forget();
      return null;
    }
    if (object.metadata.uid !== this.object?.metadata.uid) this.forget();
    this.object = object;
    const read = readCluster(object);
    if ('ring' in read) this.ring = read.ring;
    this.problems = 'problems' in read ? read.problems : [];
    if (this.ring === null) return null;
    const { spec } = this.ring;
    const cluster = {
      apiVersion: CLUSTERS.apiVersion,
      kind: CLUSTERS.kind,
      metadata: { name },
      spec,
    };
    const desired = desiredOf(cluster as Parameters<typeof desiredOf>[0], podRevision(spec));
    const decommission = [...desired.decommission, ...idsOf(this.seen.leavers)];
    // A ring that is to sleep ends what it began and begins nothing.
    return { ...desired, decommission, paused: spec.paused || spec.hibernate };
  }

  async observe(): Promise<Observed> {
    if (this.ring === null) await this.desired();
    const operated = this.operated();
    const { ring, view, nowMs } = operated;
    await this.readToken(operated, nowMs);
    const statefulSet = await this.woken(operated, await tendStatefulSet(operated));
    const members = membersOf(statefulSet);
    const selector = selectorOf(ring.name);
    const pods = await view.list<Pod>(PODS, ring.namespace, selector);
    const claims = await view.list<Claim>(CLAIMS, ring.namespace, selector);
    const hosts = await this.hosts();
    const { ephemeral } = ring.spec.storage;
    const places = placesOf({ cluster: ring.name, members, pods, claims, ephemeral });
    const document = await this.stored.read(operated, nowMs);
    const leavers = this.leaversOf(operated, { places, hosts, document, nowMs });
    const leaving = idsOf(leavers);
    const released = releasedClaims(ring, { members, places, claims });
    const sight = { members, places, claims, released, hosts, nowMs, leaving };
    const troubles: string[] = [];
    const attempt = attempts(troubles);
    await doChores(operated, sight, { isolated: this.options.isolated, attempt });
    const told = this.object === null ? null : this.publisher.told(this.object);
    this.seen = { statefulSet, members, places, claims, troubles, leavers, told };
    const facts = factsOf(places, {
      lives: this.lives,
      nowMs,
      revision: podRevision(ring.spec),
      zoneKey: ring.spec.topology.zoneKey,
      hosts,
      document,
      addressOf: (pod) => this.options.addressOf?.(pod) ?? peerAddress(ring, pod),
      clientOf: (pod) => this.clientOfPod(pod),
      lastVolume: (id) => this.survey.lastReport(id)?.volume ?? null,
      ephemeral,
    });
    const observed = await this.survey.observe(document, facts, nowMs);
    const lostIncarnations = await lossesOf(operated, observed, { places, hosts, told, attempt });
    if (!ring.spec.paused) await followDrain(operated, { places, hosts, observed });
    return { ...observed, lostIncarnations, releasedVolumes: namesOf(released) };
  }

  async apply(action: Action): Promise<void> {
    if (action.kind === 'none') return;
    const operated = this.operated();
    switch (action.kind) {
      case 'start-node': {
        const ordinal = this.ordinalOf(action.id);
        return editMembers(operated, (members) => withStarted(members, ordinal));
      }
      case 'restart-node':
        return this.restart(operated, action.id);
      case 'store-document':
        return this.stored.store(operated, action, operated.nowMs);
      case 'post-document':
        return postDocument(action.document, action.to, (id) => this.clientOf(id));
      case 'remove-node':
        // Policies go by the status; what it tells since this very pass is carried out in the next one.
        if (this.isLeaving(action.id) || isKept(this.seen.told, action.id)) return;
        return removeMember(operated, action, {
          ask: (pod) => this.clientOfPod(pod),
          heard: () => this.survey.lastReport(action.id)?.volume ?? null,
        });
      default:
        return unreachable(action);
    }
  }

  async report(plan: Plan, observed: Observed): Promise<void> {
    const { object, ring, seen } = this;
    if (object === null || ring === null) return;
    const operated = this.operated();
    const obstacle =
      ring.spec.hibernate && !seen.members.asleep ? whyAwake(ring.spec, plan, observed) : null;
    if (ring.spec.hibernate && !seen.members.asleep && obstacle === null)
      await this.lieDown(operated);
    await this.publisher.publish(operated, {
      object,
      plan,
      observed,
      replicas: seen.places.filter(({ pod }) => isLive(pod)).length,
      conditions: extraConditions({
        ring,
        plan,
        ...seen,
        serving: new Set(
          observed.nodes.filter(({ report }) => report?.serving === true).map(({ id }) => id),
        ),
        wasReady: this.publisher.wasReady(object),
        latest: this.options.latest,
        obstacle,
        problems: this.problems,
      }),
    });
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    await this.options.wake.wait(ms, signal);
  }

  private operated(): Operated {
    const { ring, object } = this;
    if (ring === null || object === null)
      throw new RingError('CONFLICT', `there is no DhtCluster ${this.options.name}`);
    const { api, view, latest, tell } = this.options;
    return {
      ring,
      api,
      view,
      latest,
      nowMs: this.options.now?.() ?? Date.now(),
      inPlace: this.inPlace,
      tell: (happening) => {
        tell(object, happening);
      },
    };
  }

  /** Another DhtCluster of the same name is another ring. */
  private forget(): void {
    this.object = null;
    this.ring = null;
    this.seen = NOTHING_SEEN;
    this.survey = new Survey(this.options.name);
    this.stored = new StoredDocument();
    this.publisher = new Publisher();
    this.inPlace = new Map();
    this.token = null;
  }

  private async restart(operated: Operated, id: NodeId): Promise<void> {
    const ref = refIn(operated.ring, PODS, id);
    const pod = await operated.api.get<Pod>(ref);
    // One that waits at its gate, or is ending, comes back with the new settings by itself.
    if (!isLive(pod) || pod.metadata.deletionTimestamp !== undefined) return;
    await checkAlone(operated, pod);
    const { uid, resourceVersion } = pod.metadata;
    await operated.api.remove(ref, {
      uid: uid ?? '',
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    });
  }

  /** Its removal was carried out as far as it can be before its pod is gone. */
  private isLeaving(id: NodeId): boolean {
    const place = this.seen.places.find((each) => each.id === id);
    return (
      place?.process === 'stopping' &&
      !shouldRun(this.seen.members, place.ordinal) &&
      (place.claim === null || isSpent(place.claim))
    );
  }

  /** Told of once each. */
  private leaversOf(operated: Operated, scene: Scene): readonly Leaver[] {
    const leavers = this.leaving.leavers(scene);
    const known = new Set(this.seen.leavers.map(({ message }) => message));
    for (const { id, reason, message } of leavers)
      if (!known.has(message)) operated.tell({ type: 'Warning', reason, message, about: id });
    return leavers;
  }

  private async woken(operated: Operated, statefulSet: StatefulSet): Promise<StatefulSet> {
    if (!membersOf(statefulSet).asleep || operated.ring.spec.hibernate) return statefulSet;
    await editMembers(operated, (members) => ({ ...members, asleep: false }));
    operated.tell({ type: 'Normal', reason: 'Waking', message: 'All members start again' });
    return await tendStatefulSet(operated);
  }

  private async lieDown(operated: Operated): Promise<void> {
    await editMembers(operated, (members) => ({ ...members, asleep: true }));
    operated.tell({
      type: 'Normal',
      reason: 'Hibernating',
      message: 'Every copy is in its place: all members are stopped, their volumes kept',
    });
  }

  /** Read seldom; again where nobody who can be asked takes it any more. */
  private async readToken(operated: Operated, nowMs: number): Promise<void> {
    const { token, seen } = this;
    const asked = seen.places.filter(({ pod }) => isLive(pod) && this.clientOfPod(pod) !== null);
    const isRefused =
      asked.length > 0 && asked.every(({ id }) => this.survey.lastReport(id) === null);
    if (token !== null && !(isRefused && nowMs - token.atMs > KUBE_SECRET_MS)) return;
    this.token = { text: await adminToken(operated), atMs: nowMs };
  }

  private async hosts(): Promise<ReadonlyMap<string, Host> | null> {
    if (!this.options.readsHosts) return null;
    const hosts = await this.options.view.list<Host>(HOSTS, null);
    return new Map(hosts.map((host) => [host.metadata.name, host]));
  }

  private clientOf(id: NodeId): NodeClient | null {
    const pod = this.seen.places.find((place) => place.id === id)?.pod ?? null;
    return isLive(pod) ? this.clientOfPod(pod) : null;
  }

  private clientOfPod(pod: Pod): NodeClient | null {
    const ip = pod.status?.podIP;
    if (ip === undefined || ip === '' || this.token === null) return null;
    const host = ip.includes(':') ? `[${ip}]` : ip;
    return nodeClient({ origin: `http://${host}:${PORTS.admin}`, token: this.token.text });
  }

  private ordinalOf(id: NodeId): number {
    const ordinal = ordinalIn(id, `${this.options.name}-`);
    if (ordinal === null) throw new RingError('CONFLICT', `${nodeId(id)} is no member's name`);
    return ordinal;
  }
}

const idsOf = (leavers: readonly Leaver[]): readonly NodeId[] =>
  leavers.filter(({ leaves }) => leaves).map(({ id }) => id);
