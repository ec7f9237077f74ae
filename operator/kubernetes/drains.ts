// The rest of a drain. A disruption budget counts pods and knows no slots: once the first member of a
// drained host waits for its volume's host, it lets nobody else go, and the drain of a host with several
// members would never end. Those whose slots keep a quorum all the same are let go here, one at a time.
import type { Incarnation, NodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import type { Observed } from '../planner/observed.ts';
import { PODS } from './kinds.ts';
import { selectorOf } from './names.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import { isGated, isLive } from './places.ts';
import type { Place } from './places.ts';
import { isPodReady } from './pod-troubles.ts';
import type { Host, Pod } from './shapes.ts';

export interface Drain {
  readonly places: readonly Place[];
  readonly hosts: ReadonlyMap<string, Host> | null;
  readonly observed: Observed;
}

interface Follower {
  readonly id: NodeId;
  readonly pod: Pod;
}

/** What the scheduler notes on a claim whose volume is bound to one host. */
const HOST_OF_VOLUME = 'volume.kubernetes.io/selected-node';

/** Lets one go, if the API server itself sees the pods as they were seen here. */
export async function followDrain(operated: Operated, drain: Drain): Promise<void> {
  if (nextToFollow(drain) === null) return;
  const { ring, api, tell } = operated;
  const pods = await api.list<Pod>(PODS, ring.namespace, selectorOf(ring.name));
  const named = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const places = drain.places.map((place) => ({ ...place, pod: named.get(place.id) ?? null }));
  const next = nextToFollow({ ...drain, places });
  if (next === null) return;
  const { metadata, spec } = next.pod;
  const { name, uid, resourceVersion } = metadata;
  await api.remove(refIn(ring, PODS, name), {
    uid: uid ?? '',
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
  tell({
    type: 'Normal',
    reason: 'DrainFollowed',
    message:
      `${name} leaves drained host ${spec.nodeName ?? ''} after the others there: every slot keeps a ` +
      'quorum, and it comes back with its host',
    about: name,
  });
}

/** The next one that may follow those which a drain took from its host; null: none. */
export function nextToFollow({ places, hosts, observed }: Drain): Follower | null {
  const { document } = observed;
  if (hosts === null || document?.phase !== 'stable') return null;
  // Whoever is on the way out or in is waited for.
  if (places.some((place) => isOnItsWay(place, hosts))) return null;
  const drained = new Set(places.flatMap((place) => waitingFor(place, hosts) ?? []));
  for (const { id, pod } of places) {
    const on = pod?.spec.nodeName;
    if (pod === null || on === undefined || !drained.has(on)) continue;
    if (keepsQuorums(document, observed, id)) return { id, pod };
  }
  return null;
}

/** The cordoned host for which a pod waits, since its volume is there; null: it waits for none. */
function waitingFor({ pod, claim }: Place, hosts: ReadonlyMap<string, Host>): string | null {
  if (pod === null || isGated(pod) || pod.spec.nodeName !== undefined) return null;
  const host = claim?.metadata.annotations?.[HOST_OF_VOLUME];
  return host !== undefined && hosts.get(host)?.spec?.unschedulable === true ? host : null;
}

function isOnItsWay(place: Place, hosts: ReadonlyMap<string, Host>): boolean {
  const { pod } = place;
  if (pod?.metadata.deletionTimestamp !== undefined) return true;
  return isLive(pod) && !isPodReady(pod) && waitingFor(place, hosts) === null;
}

/** True where every slot can be read and written without this member as well. */
function keepsQuorums(document: RingDocument, observed: Observed, leaver: NodeId): boolean {
  const { current } = document;
  const serving = new Set<Incarnation>(
    observed.nodes.flatMap(({ id, report }) =>
      id !== leaver && report?.serving === true && !report.draining ? [report.incarnation] : [],
    ),
  );
  const alive = current.seats.map(({ incarnation }) => serving.has(incarnation));
  const { width, seats, slots } = replicaTable(current);
  const needed = Math.min(width, Math.max(current.readQuorum, current.writeQuorum));
  for (let slot = 0; slot < slots; slot++) {
    const set = seats.subarray(slot * width, (slot + 1) * width);
    if (set.filter((seat) => alive[seat]).length < needed) return false;
  }
  return true;
}
