// A look at one ring from beside its controller, by any operator, leader or not: reads what is watched,
// asks the members, changes nothing. What the controller alone knows, such as hosts that are left, is not
// in it.
import type { NodeId } from '../../core/api/ids.ts';
import type { Look } from '../console-place.ts';
import { desiredOf } from '../desired.ts';
import { nodeClient } from '../node-client.ts';
import type { NodeClient } from '../node-client.ts';
import { plan } from '../planner/plan.ts';
import { Survey } from '../survey.ts';
import type { KubeApi } from './api.ts';
import { namesOf, releasedClaims } from './claims.ts';
import { readCluster } from './cluster-object.ts';
import { documentIn } from './document-map.ts';
import { factsOf, Lives } from './facts.ts';
import { sleepingPlan } from './hibernation.ts';
import { CLAIMS, CLUSTERS, CONFIG_MAPS, HOSTS, PODS, SECRETS, STATEFUL_SETS } from './kinds.ts';
import { SECRET_KEYS } from './manifests/access.ts';
import type { Ring } from './manifests/ring.ts';
import { peerAddress } from './manifests/services.ts';
import { membersOf } from './members.ts';
import { objectNames, PORTS, selectorOf } from './names.ts';
import type { KubeView } from './operated.ts';
import { refIn } from './operated.ts';
import { isLive, placesOf } from './places.ts';
import type { Place } from './places.ts';
import { podRevision } from './pod-settings.ts';
import type { Claim, ClusterObject, ConfigMap, Host, Pod, Secret, StatefulSet } from './shapes.ts';

export interface GlanceOptions {
  readonly namespace: string;
  readonly name: string;
  readonly api: KubeApi;
  readonly view: KubeView;
  readonly readsHosts: boolean;
}

/** Token of the members' admin ports; read again where nobody takes it. */
interface Known {
  readonly uid: string;
  readonly survey: Survey;
  readonly lives: Lives;
  token: string | null;
}

export class Glance {
  private readonly options: GlanceOptions;
  private known: Known | null = null;
  private places: readonly Place[] = [];

  constructor(options: GlanceOptions) {
    this.options = options;
  }

  /** null: there is no such ring, or its spec cannot be read. */
  async look(nowMs: number): Promise<Look | null> {
    const ring = await this.ring();
    if (ring === null) return null;
    const { view, readsHosts } = this.options;
    const known = await this.knownOf(ring);
    const names = objectNames(ring.name);
    const of = selectorOf(ring.name);
    const members = membersOf(
      await view.get<StatefulSet>(refIn(ring, STATEFUL_SETS, names.members)),
    );
    const { ephemeral } = ring.spec.storage;
    const pods = await view.list<Pod>(PODS, ring.namespace, of);
    const claims = await view.list<Claim>(CLAIMS, ring.namespace, of);
    this.places = placesOf({ cluster: ring.name, members, pods, claims, ephemeral });
    const hosts = readsHosts ? await view.list<Host>(HOSTS, null) : null;
    const document = documentIn(
      await view.get<ConfigMap>(refIn(ring, CONFIG_MAPS, names.document)),
    );
    const facts = factsOf(this.places, {
      lives: known.lives,
      nowMs,
      revision: podRevision(ring.spec),
      zoneKey: ring.spec.topology.zoneKey,
      hosts: hosts && new Map(hosts.map((host) => [host.metadata.name, host])),
      document,
      addressOf: (pod) => peerAddress(ring, pod),
      clientOf: (pod) => clientOf(pod, known.token),
      lastVolume: (id) => known.survey.lastReport(id)?.volume ?? null,
      ephemeral,
    });
    const seen = await known.survey.observe(document, facts, nowMs);
    if (seen.nodes.every(({ report }) => report === null)) known.token = null;
    // What is lost for good is judged by the controller, which asks for proof; then the document says so.
    const released = releasedClaims(ring, { members, places: this.places, claims });
    const observed = { ...seen, lostIncarnations: [], releasedVolumes: namesOf(released) };
    const desired = desiredIn(ring);
    return {
      desired,
      observed,
      plan: members.asleep ? sleepingPlan() : plan(desired, observed),
    };
  }

  /** Address of a member's pod, as it stood in a URL; null: it has none. */
  hostOf(id: NodeId): string | null {
    const pod = this.places.find((place) => place.id === id)?.pod ?? null;
    return isLive(pod) ? hostOf(pod) : null;
  }

  private async ring(): Promise<Ring | null> {
    const { view, namespace, name } = this.options;
    const object = await view.get<ClusterObject>({ kind: CLUSTERS, namespace, name });
    if (object === null) return null;
    const read = readCluster(object);
    return 'ring' in read ? read.ring : null;
  }

  /** Another DhtCluster of the same name is another ring. */
  private async knownOf(ring: Ring): Promise<Known> {
    if (this.known?.uid !== ring.uid)
      this.known = {
        uid: ring.uid,
        survey: new Survey(ring.name),
        lives: new Lives(),
        token: null,
      };
    this.known.token ??= await this.tokenOf(ring);
    return this.known;
  }

  private async tokenOf(ring: Ring): Promise<string | null> {
    const ref = refIn(ring, SECRETS, objectNames(ring.name).secrets);
    const text = (await this.options.api.get<Secret>(ref))?.data?.[SECRET_KEYS.admin];
    return text === undefined ? null : Buffer.from(text, 'base64').toString('utf8').trim();
  }
}

function desiredIn({ name, spec }: Ring): Look['desired'] {
  const { apiVersion, kind } = CLUSTERS;
  const cluster = { apiVersion, kind, metadata: { name }, spec };
  const desired = desiredOf(cluster as Parameters<typeof desiredOf>[0], podRevision(spec));
  return spec.hibernate ? { ...desired, paused: true } : desired;
}

function clientOf(pod: Pod, token: string | null): NodeClient | null {
  const host = hostOf(pod);
  return host === null || token === null
    ? null
    : nodeClient({ origin: `http://${host}:${PORTS.admin}`, token });
}

function hostOf(pod: Pod): string | null {
  const ip = pod.status?.podIP;
  if (ip === undefined || ip === '') return null;
  return ip.includes(':') ? `[${ip}]` : ip;
}
