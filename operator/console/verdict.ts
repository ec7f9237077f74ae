// The ten seconds: is the data safe, what is the ring doing, and what is to be done? The first answer
// that fits is given.
import type { Assignment, RingDocument } from '../../core/api/ring-document.ts';
import type { Desired } from '../planner/observed.ts';
import type { Plan } from '../planner/plan.ts';
import type { OperationStatus } from '../ring-status.ts';
import { counted, formatDuration } from '../words.ts';
import type { MemberView, Verdict } from './view.ts';

export interface VerdictFacts {
  readonly document: RingDocument | null;
  /** Slots by the number of their live copies, 0 … N. */
  readonly copies: readonly number[];
  /** The same of the sets that writes must reach besides; empty: no change is under way. */
  readonly elsewhere: readonly number[];
  readonly operation: OperationStatus | null;
  readonly plan: Plan;
  readonly desired: Desired;
  readonly members: readonly MemberView[];
}

export function verdictOf(facts: VerdictFacts): Verdict {
  const { document } = facts;
  if (document === null)
    return { level: 'busy', title: 'Starting', text: 'The ring is being founded.' };
  return (
    asleep(facts) ??
    splitRing(facts) ??
    quorums(facts, document) ??
    copiesMissing(facts) ??
    calm(facts)
  );
}

function asleep({ plan }: VerdictFacts): Verdict | null {
  return plan.conditions.some(({ reason }) => reason === 'Hibernated')
    ? {
        level: 'good',
        title: 'Asleep',
        text: 'All members are stopped as asked; their volumes are kept.',
      }
    : null;
}

function splitRing({ plan }: VerdictFacts): Verdict | null {
  const wait = plan.waits.find(({ reason }) => reason === 'SplitRing');
  if (wait === undefined) return null;
  return { level: 'bad', title: 'Split ring', text: `${wait.message}. ${wait.unblock}.` };
}

function quorums(facts: VerdictFacts, { current, next, phase }: RingDocument): Verdict | null {
  const { copies, elsewhere } = facts;
  const [read, other] = phase === 'read-new' ? [next, current] : [current, next];
  const unread = below(copies, read, read?.readQuorum);
  const unwritten = Math.max(
    below(copies, read, read?.writeQuorum),
    below(elsewhere, other, other?.writeQuorum),
  );
  if (unread === 0 && unwritten === 0) return null;
  const what =
    unread === 0
      ? `${counted(unwritten, 'slot takes', 'slots take')} no writes`
      : unwritten === 0
        ? `${counted(unread, 'slot answers', 'slots answer')} no reads`
        : `${counted(Math.max(unread, unwritten), 'slot answers', 'slots answer')} neither reads nor writes`;
  const gone =
    copies[0] === 0 ? '' : ` ${counted(copies[0]!, 'slot has', 'slots have')} no live copy.`;
  return {
    level: 'bad',
    title: 'Unavailable',
    text: `${what}: too few of their copies are live.${gone} Bring members back; nothing that was acknowledged is deleted meanwhile.`,
  };
}

function copiesMissing({ copies, members, operation }: VerdictFacts): Verdict | null {
  const wanted = copies.length - 1;
  const short = sum(copies.slice(0, wanted));
  if (short === 0) return null;
  const away = members.filter(({ live, slots }) => !live && slots > 0).map(({ id }) => id);
  const who =
    away.length === 0
      ? ' There are fewer members than copies.'
      : ` Not there: ${away.slice(0, 5).join(', ')}${away.length > 5 ? ', …' : ''}.`;
  const busy = operation === null ? '' : ` Under way: ${operation.summary}.`;
  return {
    level: 'warn',
    title: 'Fewer copies',
    text:
      `${counted(short, 'slot has', 'slots have')} fewer than ${wanted} live copies. ` +
      `Every key can be read and written.${who}${busy}`,
  };
}

function calm({ operation, plan, copies, desired, members }: VerdictFacts): Verdict {
  const late = members.filter(({ live, condition }) => live && condition === 'starting');
  if (late.length > 0 && operation === null) {
    const who =
      late.length > 3 ? counted(late.length, 'member') : late.map(({ id }) => id).join(', ');
    return { level: 'busy', title: 'Starting', text: `The ring document is on its way to ${who}.` };
  }
  const safe = `Every slot has ${counted(copies.length - 1, 'live copy', 'live copies')}.`;
  if (operation !== null) {
    const left =
      operation.etaMs === null || operation.etaMs <= 0
        ? ''
        : ` About ${formatDuration(operation.etaMs)} left.`;
    return {
      level: 'busy',
      title: 'Changing',
      text: `${safe} Under way: ${operation.summary}.${left}`,
    };
  }
  const stalled = plan.conditions.find(
    ({ type, status }) => type === 'Stalled' && status === 'True',
  );
  if (stalled !== undefined)
    return {
      level: 'warn',
      title: 'Blocked',
      text: `${safe} ${stalled.message.replace(/\.?$/, '.')}`,
    };
  const first = plan.waits[0];
  if (first !== undefined && first.reason !== 'Paused')
    return { level: 'busy', title: 'Settling', text: `${safe} ${first.message}.` };
  if (desired.paused)
    return {
      level: 'good',
      title: 'Paused',
      text: `${safe} The ring is paused: nothing is changed.`,
    };
  return { level: 'good', title: 'Safe', text: `${safe} Nothing is left to do.` };
}

/** Slots with fewer live copies than the quorum; in a set smaller than it, fewer than the set has. */
function below(copies: readonly number[], ring: Assignment | null, quorum = 0): number {
  const width = Math.min(ring?.replicationFactor ?? 0, ring?.seats.length ?? 0);
  return sum(copies.slice(0, Math.min(quorum, width)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
