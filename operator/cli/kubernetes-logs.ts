// The logs of members on Kubernetes: what their containers print, as the API server passes it on. What is
// kept is read to its end at the first look; after it a stream a pod tells what comes.
import type { KubeRef } from '../kubernetes/api.ts';
import { PODS } from '../kubernetes/kinds.ts';
import { CONTAINER } from '../kubernetes/manifests/pod-template.ts';
import { selectorOf } from '../kubernetes/names.ts';
import type { Pod } from '../kubernetes/shapes.ts';
import type { Door } from './kubernetes-door.ts';
import { checkNames } from './log-lines.ts';
import { PodLog } from './pod-log.ts';
import type { LogReader, LogWish } from './target.ts';

export async function kubernetesLogs(
  door: Door,
  { namespace, name }: Pick<KubeRef, 'namespace' | 'name'>,
  wish: LogWish,
): Promise<LogReader> {
  const podsNow = (): Promise<readonly Pod[]> =>
    door.told(() => door.api.list<Pod>(PODS, namespace, selectorOf(name)));
  const nameOf = ({ metadata }: Pod): string => metadata.name;
  checkNames(wish.members, (await podsNow()).map(nameOf));
  const logs = new Map<string, PodLog>();
  let isFirst = true;
  return {
    look: async () => {
      const pods = (await podsNow()).filter(hasBegun);
      for (const pod of pods) {
        const { name: member, uid = '' } = pod.metadata;
        if (wish.members?.includes(member) === false || logs.has(uid)) continue;
        logs.set(uid, new PodLog(door, { namespace, name: member }, wish));
      }
      const reads = isFirst;
      isFirst = false;
      // A new pod of an old name has its own log, and what the old one said last is still to be told.
      const lists = [...logs].map(async ([uid, log]) => {
        const pod = pods.find(({ metadata }) => metadata.uid === uid) ?? null;
        if (pod === null && log.isOver) logs.delete(uid);
        return reads ? await log.kept(restartsOf(pod)) : log.come(pod !== null);
      });
      return await Promise.all(lists);
    },
    close: () => {
      for (const log of logs.values()) log.close();
    },
  };
}

const containerOf = (pod: Pod | null) =>
  pod?.status?.containerStatuses?.find(({ name }) => name === CONTAINER);

const restartsOf = (pod: Pod | null): number => containerOf(pod)?.restartCount ?? 0;

/** Before that its host may still know the name for the pod that was there, and tell its log. */
function hasBegun(pod: Pod): boolean {
  const container = containerOf(pod);
  return container !== undefined && (container.restartCount > 0 || !container.state?.waiting);
}
