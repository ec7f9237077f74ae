// Why a pod does not come to run, in the words of the scheduler and the kubelet.
import type { Pod } from './shapes.ts';
import { isGated } from './places.ts';

export interface PodTrouble {
  /** CamelCase: `NoHostFree`, or the kubelet's own word such as ImagePullBackOff. */
  readonly reason: string;
  readonly message: string;
}

/** True where its kubelet says so: the Service sends clients to it. */
export function isPodReady(pod: Pod | null): boolean {
  const ready = pod?.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True';
}

/** null: nothing that a person could help with. */
export function podTrouble(pod: Pod): PodTrouble | null {
  if (isGated(pod) || pod.metadata.deletionTimestamp !== undefined) return null;
  const { conditions = [], containerStatuses = [] } = pod.status ?? {};
  const unscheduled = conditions.find(
    ({ type, status, reason }) =>
      type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  );
  const name = pod.metadata.name;
  if (unscheduled !== undefined) {
    const why = unscheduled.message ?? 'the scheduler gives no reason';
    return { reason: 'NoHostFree', message: `No host is free for ${name}: ${why}` };
  }
  for (const { state } of containerStatuses) {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined || PASSING.has(reason)) continue;
    return { reason, message: `${name} does not start: ${message ?? reason}` };
  }
  return null;
}

/** Every pod goes through these. */
const PASSING: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);
