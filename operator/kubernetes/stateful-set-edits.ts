// The one place that writes a ring's StatefulSet: always what is there now with one thing changed, as a
// compare-and-set. Nothing that a stale read says can lower the number of its pods.
import type { StatefulSet } from './shapes.ts';
import { isInPlace, withNote } from './in-place.ts';
import { STATEFUL_SETS } from './kinds.ts';
import { skeleton, statefulSet } from './manifests/stateful-set.ts';
import { membersOf, podsOf } from './members.ts';
import type { Members } from './members.ts';
import { objectNames } from './names.ts';
import { checkOwned, refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import { pinned } from './pinned.ts';

/** Changes which ordinals should run; throws CONFLICT where the StatefulSet changes meanwhile. */
export async function editMembers(
  operated: Operated,
  edit: (members: Members) => Members,
): Promise<void> {
  const live = await liveStatefulSet(operated);
  const wanted = wantedOf(operated, live, edit(membersOf(live)));
  if (!isInPlace(live, wanted)) await operated.api.apply(STATEFUL_SETS, wanted);
}

/**
 * Puts right what others changed and takes up what the spec changed; returns the StatefulSet, made
 * where there was none. What the view shows as right costs no call.
 */
export async function tendStatefulSet(operated: Operated): Promise<StatefulSet> {
  const { ring, api, view, tell } = operated;
  const seen = await view.get<StatefulSet>(refIn(ring, STATEFUL_SETS, nameOf(operated)));
  if (seen !== null && isInPlace(seen, wantedOf(operated, seen, membersOf(seen)))) return seen;
  const live = await liveStatefulSet(operated);
  const members = membersOf(live);
  const wanted = wantedOf(operated, live, members);
  if (isInPlace(live, wanted)) return live;
  if (live.spec.replicas !== podsOf(members)) {
    tell({
      type: 'Warning',
      reason: 'ReplicasRestored',
      message:
        `spec.replicas of StatefulSet ${live.metadata.name} was set to ${live.spec.replicas} by ` +
        `somebody else; it is ${podsOf(members)} again. Scale the DhtCluster instead`,
      about: live.metadata.name,
    });
  }
  return await api.apply(STATEFUL_SETS, wanted);
}

async function liveStatefulSet(operated: Operated): Promise<StatefulSet> {
  const { ring, api, latest } = operated;
  const live = await api.get<StatefulSet>(refIn(ring, STATEFUL_SETS, nameOf(operated)));
  if (live !== null) {
    checkOwned(live, operated);
    return live;
  }
  // Created, not applied: were it there after all, applying would take its pods away.
  return await api.create(STATEFUL_SETS, skeleton(ring, pinned(null, ring.spec, latest)));
}

function wantedOf({ ring, latest }: Operated, live: StatefulSet, members: Members): StatefulSet {
  const kept = pinned(live, ring.spec, latest);
  const { resourceVersion } = live.metadata;
  return withNote(statefulSet(ring, { pinned: kept, members }, resourceVersion));
}

const nameOf = ({ ring }: Operated): string => objectNames(ring.name).members;
