// Which page tells a person about a reason: docs/runbooks has one for each that may need one.

/** Reasons of waits, conditions and refusals with a page of their own name. */
export const RUNBOOKS = [
  'ApiRefused',
  'BarrierPending',
  'BelowReplicationFactor',
  'CleanUpRunning',
  'CopiesMissing',
  'DigestMismatch',
  'DiskWouldFill',
  'DocumentUnknown',
  'Founding',
  'Growing',
  'HintsOutstanding',
  'InvalidSpec',
  'MemberUnreachable',
  'NewerAvailable',
  'NoHostFree',
  'NoOperator',
  'NodesStarting',
  'OldRevisions',
  'OperationInFlight',
  'Paused',
  'QuorumLost',
  'RebuildInProgress',
  'RolloutFailing',
  'SplitRing',
  'StreamsRunning',
  'TooFewMembers',
  'TooManyVolumesLost',
  'UnderReplicated',
  'WaitsForRing',
  'ZoneRuleBroken',
] as const;

/** Reasons that are told of on the page of another one. */
const ELSEWHERE: Readonly<Record<string, (typeof RUNBOOKS)[number]>> = {
  Asked: 'Paused',
  Asleep: 'WaitsForRing',
  Hibernated: 'WaitsForRing',
  NoRing: 'Founding',
};

/** Reasons that ask for nothing. They stand in docs/runbooks/README.md. */
export const CALM = [
  'Acting',
  'AllCopiesLive',
  'AtSize',
  'ChangeUnderWay',
  'Converged',
  'EnoughCopies',
  'NodesJoining',
  'NodesLeaving',
  'NotAsked',
  'NotBlocked',
  'NotStalled',
  'PodsNotReady',
  'QuorumsHold',
  'Stable',
  'UpToDate',
] as const;

/** Why a container does not run, in the kubelet's words, which are not ours to list. */
const OF_PODS = 'PodTrouble';

/** The page's path; null: nothing is to be known about it. */
export function runbookOf(reason: string): string | null {
  if ((CALM as readonly string[]).includes(reason)) return null;
  const known = ELSEWHERE[reason] ?? reason;
  const page = (RUNBOOKS as readonly string[]).includes(known) ? known : OF_PODS;
  return `docs/runbooks/${page}.md`;
}
