// What the platform sees to by itself at every look, as a supervisor of processes does: pods that should
// run are let run, claims are looked after, pods that hang on a dead host are let go.
import type { NodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { reasonOf } from '../words.ts';
import { claimPatch, removeClaim } from './claims.ts';
import { openGates } from './gates.ts';
import { CLAIMS, PODS } from './kinds.ts';
import type { Members } from './members.ts';
import { outfitOf, putInPlace } from './outfit.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import type { Place } from './places.ts';
import type { Claim, Host, Pod } from './shapes.ts';

export interface Sight {
  readonly members: Members;
  readonly places: readonly Place[];
  readonly claims: readonly Claim[];
  /** Those of the claims that are to be deleted now. */
  readonly released: readonly Claim[];
  readonly hosts: ReadonlyMap<string, Host> | null;
  readonly nowMs: number;
  readonly leaving: readonly NodeId[];
}

/** Does a piece of work; where it fails, that hinders no other. */
export type Attempt = (work: () => Promise<unknown>) => Promise<void>;

/** Collects why work failed, for people; a moved world is no failure, since it is looked at again. */
export function attempts(troubles: string[]): Attempt {
  return async (work) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      if (error.code !== 'CONFLICT') troubles.push(reasonOf(error));
    }
  };
}

export async function doChores(
  operated: Operated,
  sight: Sight,
  { isolated, attempt }: { readonly isolated: boolean; readonly attempt: Attempt },
): Promise<void> {
  for (const [kind, object] of outfitOf(operated, isolated)) {
    await attempt(() => putInPlace(operated, kind, object));
  }
  await attempt(() => openGates(operated, sight));
  if (!operated.ring.spec.paused) {
    for (const claim of sight.claims)
      await attempt(() =>
        sight.released.includes(claim) ? removeClaim(operated, claim) : tendClaim(operated, claim),
      );
  }
  for (const { pod } of sight.places) {
    if (pod !== null && isStuck(operated, pod, sight)) await attempt(() => letGo(operated, pod));
  }
}

async function tendClaim({ ring, api }: Operated, claim: Claim): Promise<void> {
  const patch = claimPatch(claim, ring);
  if (patch !== null) await api.patch(refIn(ring, CLAIMS, claim.metadata.name), patch);
}

/**
 * A pod that should have ended, on a host that can't say so. Its name is free for another only once
 * it is gone; a person who set replaceAfterSeconds has said that silence for so long is death.
 */
function isStuck({ ring }: Operated, pod: Pod, { hosts, nowMs }: Sight): boolean {
  const { deletionTimestamp } = pod.metadata;
  const { replaceAfterSeconds } = ring.spec;
  const { nodeName } = pod.spec;
  if (deletionTimestamp === undefined || replaceAfterSeconds === undefined) return false;
  if (hosts === null || nodeName === undefined) return false;
  const overdueMs = nowMs - Date.parse(deletionTimestamp);
  return overdueMs > 0 && deadForMs(hosts.get(nodeName), nowMs) >= replaceAfterSeconds * 1000;
}

/** ms since the host was last ready; a host that is no more was never ready. */
function deadForMs(host: Host | undefined, nowMs: number): number {
  if (host === undefined) return Infinity;
  const ready = host.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || ready.status === 'True') return 0;
  return nowMs - Date.parse(ready.lastTransitionTime ?? '');
}

async function letGo({ ring, api, tell }: Operated, pod: Pod): Promise<void> {
  const { name, uid, resourceVersion } = pod.metadata;
  await api.remove(
    refIn(ring, PODS, name),
    { uid: uid ?? '', ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    0,
  );
  tell({
    type: 'Warning',
    reason: 'StuckPodDeleted',
    message:
      `Pod ${name} should have ended, but its host ${pod.spec.nodeName ?? ''} has been gone or not ` +
      `ready for longer than replaceAfterSeconds (${ring.spec.replaceAfterSeconds ?? 0}); it is ` +
      'removed without the word of the host',
    about: name,
  });
}
