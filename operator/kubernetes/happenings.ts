// What a person should be told when one status follows another: the Events of a DhtCluster. Pure.
import type { Member, RingDocument } from '../../core/api/ring-document.ts';
import type { Observed } from '../planner/observed.ts';
import type { Plan } from '../planner/plan.ts';
import type { Happening } from './operated.ts';

export interface Moment {
  readonly plan: Plan;
  readonly document: RingDocument | null;
}

export const momentOf = (plan: Plan, { document }: Observed): Moment => ({ plan, document });

/** `before` null: the operator has just come, and what it finds is nothing new. */
export function happenings(before: Moment | null, now: Moment): readonly Happening[] {
  if (before === null) return [];
  return [
    ...changeEvents(before, now),
    ...memberEvents(before, now),
    ...conditionEvents(before, now),
  ];
}

function changeEvents(before: Moment, { document, plan }: Moment): Happening[] {
  const [was, is] = [before.document?.change ?? null, document?.change ?? null];
  const events: Happening[] = [];
  if (was !== null && was.id !== is?.id) {
    const finished = before.document?.phase === 'read-new';
    events.push({
      type: 'Normal',
      reason: finished ? 'HandoffCompleted' : 'HandoffCancelled',
      message: `${was.summary}: ${finished ? 'done' : 'taken back'} at epoch ${document?.epoch ?? 0}`,
      about: was.id,
    });
  }
  if (is !== null && is.id !== was?.id) {
    const slots =
      plan.operation === null ? '' : `; ${plan.operation.slotsTotal} copies of slots move`;
    const message = `${is.summary}: ring change begins at epoch ${is.began}${slots}`;
    events.push({ type: 'Normal', reason: 'HandoffStarted', message, about: is.id });
  }
  return events;
}

function memberEvents(before: Moment, now: Moment): Happening[] {
  if (before.document === null && (now.document?.epoch ?? 0) > 1) return [recovered(now)];
  const known = new Map(before.document?.members.map((each) => [each.incarnation, each]));
  const events: Happening[] = [];
  for (const member of now.document?.members ?? []) {
    const was = known.get(member.incarnation);
    const told = memberEvent(member, was);
    if (told !== null) events.push({ ...told, about: member.incarnation });
    known.delete(member.incarnation);
  }
  for (const { id, incarnation, state, lost } of known.values()) {
    if (state === 'joining') continue;
    const message = `${id} (${incarnation}) ${lost ? 'was lost and is replaced' : 'has left the ring'}`;
    events.push({ type: 'Normal', reason: 'NodeLeft', message, about: incarnation });
  }
  return events;
}

/** Not founded: found again, on the volumes of a ring that had lost its document. */
function recovered({ document }: Moment): Happening {
  const message =
    `The ring document was missing and is stored again as the members hold it: epoch ` +
    `${document?.epoch ?? 0} of cluster ${document?.clusterId ?? ''}`;
  return { type: 'Warning', reason: 'DocumentRecovered', message };
}

function memberEvent({ id, incarnation, state, lost }: Member, was?: Member): Happening | null {
  const who = `${id} (${incarnation})`;
  if (lost && was?.lost !== true) {
    const message = `The volume of ${who} is gone; its copies are rebuilt from the others`;
    return { type: 'Warning', reason: 'NodeLost', message };
  }
  if (state === was?.state) return null;
  switch (state) {
    case 'joining':
      return { type: 'Normal', reason: 'NodeJoining', message: `${who} joins the ring` };
    case 'serving':
      return { type: 'Normal', reason: 'NodeJoined', message: `${who} serves the ring` };
    case 'leaving':
      return { type: 'Normal', reason: 'NodeLeaving', message: `${who} hands its slots over` };
    case 'left':
      return null;
  }
}

/** Conditions whose turn is worth a line, with the reason for each side. */
const TURNS: Readonly<Record<string, { readonly on?: string; readonly off?: string }>> = {
  ScaleInBlocked: { on: 'ScaleInRejected' },
  RollingOut: { on: 'RolloutStarted', off: 'RolloutCompleted' },
  DataLossPossible: { on: 'DataLossPossible' },
};

function conditionEvents(before: Moment, now: Moment): Happening[] {
  const was = new Map(before.plan.conditions.map((each) => [each.type, each]));
  const split = (moment: Moment): boolean =>
    moment.plan.waits.some(({ reason }) => reason === 'SplitRing');
  const events: Happening[] = [];
  if (split(now) && !split(before)) {
    const message = now.plan.waits.find(({ reason }) => reason === 'SplitRing')?.message ?? '';
    events.push({ type: 'Warning', reason: 'SplitRingDetected', message });
  }
  for (const { type, status, message } of now.plan.conditions) {
    const turn = TURNS[type];
    const known = was.get(type);
    if (turn === undefined || known === undefined || known.status === status) continue;
    const reason = status === 'True' ? turn.on : turn.off;
    if (reason === undefined) continue;
    const isGrave = type !== 'RollingOut';
    const text = message === '' ? type : message;
    events.push({ type: isGrave ? 'Warning' : 'Normal', reason, message: text, about: type });
  }
  return events;
}
