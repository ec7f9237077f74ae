// What to do about reasons whose message does not end with it, and what those are whose message is bare.

const BY_ITSELF = 'It ends by itself';

const ADVICE: Readonly<Record<string, string>> = {
  NodesStarting: 'They start by themselves; see their logs where they do not',
  StreamsRunning: BY_ITSELF,
  CleanUpRunning: BY_ITSELF,
  BarrierPending: 'They answer, or the bounded wait ends',
  Founding: 'Every node that is wanted must answer once; see the logs of those that do not',
  QuorumLost: 'Bring the members back that do not answer: each slot needs a quorum of its copies',
  CopiesMissing: 'They return, or are replaced once their volumes are proved gone',
  TooFewMembers: 'Ask for as many replicas as copies, or for fewer copies',
  TooManyVolumesLost: 'Look for a volume of those members, and write nothing to it',
  OldRevisions: 'One member after the other is restarted, while every slot is whole',
  Growing: 'The storage driver ends it; see kubectl describe pvc',
  Asleep: 'Wake it: dht wake',
  Hibernated: 'Wake it: dht wake',
  WaitsForRing: 'It lies down once every copy is in its place',
  Asked: 'Go on: dht resume',
  NewerAvailable: 'Restart the members, one at a time, when it suits: dht restart',
  InvalidSpec: 'Correct the spec: kubectl edit dht',
  ApiRefused: 'Give the operator the right that is named, or take away what refuses it',
  NoHostFree: 'Add a host, or free one; the scheduler says above what each one lacks',
  NoOperator:
    'Start it: npm start; on Kubernetes: kubectl get pods -A -l app.kubernetes.io/component=operator',
};

/** null: its message says it. */
export function adviceOn(reason: string): string | null {
  return ADVICE[reason] ?? null;
}

/** What a condition means of which the message is empty, or no more than names. */
const SAYINGS: Readonly<Record<string, (message: string) => string>> = {
  Asked: () => 'The cluster is paused: the operator starts no change',
  OldRevisions: (names) => `${names} run earlier settings and are restarted`,
  Founding: (message) => message || 'The ring is being founded',
};

export function sayingOf(reason: string, message: string): string {
  return SAYINGS[reason]?.(message) ?? (message === '' ? reason : message);
}
