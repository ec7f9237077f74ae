// What can be said of a ring that no operator runs: its last status, less what nobody knows any more.
import type { RingStatus } from '../local/status.ts';
import { counted, formatDuration } from '../words.ts';

/** The status as it holds without an operator; `lives`: whether the node's process is there now. */
export function unattended(status: RingStatus, lives: (node: string) => boolean): RingStatus {
  const members = status.members.map((member) => {
    const alive = lives(member.name);
    return {
      ...member,
      process: alive ? ('running' as const) : ('stopped' as const),
      serving: alive && member.serving,
    };
  });
  return {
    ...status,
    members,
    readyReplicas: members.filter(({ serving }) => serving).length,
    operation: status.operation === null ? null : { ...status.operation, etaMs: null },
    waits: [],
    conditions: status.conditions.map(({ type }) => ({
      type,
      status: 'Unknown',
      reason: 'NoOperator',
      message: 'No operator runs this ring',
      sinceMs: null,
    })),
  };
}

/** Nodes whose process is there: they serve on without an operator. */
export function livingNodes({ members }: RingStatus): number {
  return members.filter((member) => member.process === 'running').length;
}

/** The first line about such a ring, since all below it is the past. */
export function unattendedLine(status: RingStatus, nowMs: number): string {
  const seen = `last seen ${formatDuration(nowMs - status.observedMs)} ago`;
  const living = livingNodes(status);
  return living === 0
    ? `${status.cluster} is not running (${seen}); \`npm start\` goes on with what is on disk`
    : `${status.cluster} runs without an operator (${seen}): ${counted(living, 'node')} ` +
        `${living === 1 ? 'lives' : 'live'}, none is restarted; \`npm start\` adopts them`;
}
