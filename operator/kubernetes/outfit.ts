// The objects of a ring beside its StatefulSet: made where they are missing, put right where somebody
// changed them. Nothing here depends on the ring's state, but the disruption budget.
import { KUBE_OUTFIT_MS } from '../../core/limits.ts';
import type { KubeKind, KubeObject } from './api.ts';
import { isInPlace, noteOf, withNote } from './in-place.ts';
import { BUDGETS, NETWORK_POLICIES, SECRETS, SERVICE_ACCOUNTS, SERVICES } from './kinds.ts';
import { networkPolicy, secret, SECRET_KEYS, serviceAccount } from './manifests/access.ts';
import { disruptionBudget } from './manifests/budget.ts';
import { clientService, peerService } from './manifests/services.ts';
import { objectNames } from './names.ts';
import { checkOwned, refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import type { Secret } from './shapes.ts';

/** What every ring has; `isolated`: with a NetworkPolicy. */
export function outfitOf(
  { ring }: Pick<Operated, 'ring'>,
  isolated: boolean,
): readonly (readonly [KubeKind, KubeObject])[] {
  return [
    [SERVICE_ACCOUNTS, serviceAccount(ring)],
    [SERVICES, peerService(ring)],
    [SERVICES, clientService(ring)],
    ...(isolated ? [[NETWORK_POLICIES, networkPolicy(ring)] as const] : []),
  ];
}

/**
 * Applies the object unless it is in place, which is looked at again every KUBE_OUTFIT_MS. Throws
 * CONFLICT where it is somebody else's.
 */
export async function putInPlace(
  operated: Operated,
  kind: KubeKind,
  object: KubeObject,
): Promise<void> {
  const { ring, api, inPlace, nowMs } = operated;
  const wanted = withNote(object);
  const key = `${kind.plural}/${wanted.metadata.name}`;
  const note = noteOf(wanted);
  const known = inPlace.get(key);
  if (known?.note === note && nowMs - known.atMs < KUBE_OUTFIT_MS) return;
  const live = await api.get(refIn(ring, kind, wanted.metadata.name));
  if (!isInPlace(live, wanted)) {
    if (live !== null) checkOwned(live, operated);
    await api.apply(kind, wanted);
  }
  inPlace.set(key, { note, atMs: nowMs });
}

export async function putBudget(operated: Operated, mayLose: boolean): Promise<void> {
  await putInPlace(operated, BUDGETS, disruptionBudget(operated.ring, mayLose));
}

/** The token of the nodes' admin port; the Secret is made on first use and never written over. */
export async function adminToken(operated: Operated): Promise<string> {
  const { ring, api } = operated;
  const ref = refIn(ring, SECRETS, objectNames(ring.name).secrets);
  const live = (await api.get<Secret>(ref)) ?? (await api.create(SECRETS, secret(ring)));
  checkOwned(live, operated);
  return Buffer.from(live.data?.[SECRET_KEYS.admin] ?? '', 'base64')
    .toString('utf8')
    .trim();
}
