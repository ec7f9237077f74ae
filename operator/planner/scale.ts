// Starts the next ring change: nodes first, then one change for all joiners, leavers and
// replacements (R12). What lowers the number of copies is gated; everything else goes ahead.
import { gainsOf, strandedSlots } from '../../core/membership/coverage.ts';
import { beginChange, nextAssignment } from '../../core/membership/change.ts';
import { holds } from '../../core/membership/barrier.ts';
import { memberOf } from '../../core/membership/document.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import type { Wait } from './actions.ts';
import { barrierWait } from './advance.ts';
import {
  candidateOf,
  differs,
  livingLeavers,
  naturalLayout,
  summaryOf,
  withoutShrinking,
} from './candidate.ts';
import type { Candidate, Pending } from './candidate.ts';
import { diskRefusal, refusals } from './refuse.ts';
import { SILENT, hold, store, wait } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import { isWhole, newcomersOf, seatedMembers, stampOf } from './world.ts';
import type { World } from './world.ts';

/** From stable into the change that the desired state asks for, or why not yet. */
export function startChange(world: World): Verdict {
  const { document, desired } = world;
  if (document.phase !== 'stable') return SILENT;
  const wanted = candidateOf(world);
  if (desired.paused) return holdWhilePaused(world, wanted);
  const waits: Wait[] = wanted.pending.map(pendingWait);
  if (!differs(wanted, document.current))
    return waits.length > 0 ? hold(...waits) : relayout(world, wanted);
  // I4: the next change may be accepted once the present epoch's barrier holds.
  if (!world.without.has('R5') && !holds(world.barrier)) return hold(barrierWait(world), ...waits);
  const refused = lowersCopies(wanted, document) ? refusals(world, wanted) : [];
  const allowed = refused.length > 0 ? withoutShrinking(wanted, document.current) : wanted;
  waits.unshift(...refused);
  if (!differs(allowed, document.current) || holdsBack(allowed)) return hold(...waits);
  return begin(world, allowed, waits);
}

/** Newcomers that were not started are told of with those that are ready: all wait for the same. */
function holdWhilePaused(world: World, wanted: Candidate): Verdict {
  const unstarted = newcomersOf(world).filter((id) => !world.nodes.has(id));
  const waits = wanted.pending.filter(({ id }) => !unstarted.includes(id)).map(pendingWait);
  const joiners = [...wanted.joiners, ...unstarted.map((id) => ({ id }))];
  const summary = summaryOf({ ...wanted, joiners }, world.document.current);
  if (summary === '') return hold(...waits);
  const message = `The cluster is paused: ${summary} waits`;
  return hold(wait('Paused', message, 'Set paused to false'), ...waits);
}

function begin(world: World, allowed: Candidate, waits: readonly Wait[]): Verdict {
  const { document, observed } = world;
  const objection =
    diskRefusal(world, allowed) ?? silentGainer(world, allowed) ?? stranding(world, allowed);
  if (objection !== null) return hold(objection, ...waits);
  const summary = summaryOf(allowed, document.current);
  const { seats, joiners, replicationFactor, readQuorum, writeQuorum, layout } = allowed;
  const wish = {
    id: observed.fresh.changeId,
    summary,
    seats,
    joiners,
    replicationFactor,
    readQuorum,
    writeQuorum,
    layout,
  };
  return store(beginChange(document, wish, stampOf(world)), document, ...waits);
}

/** Another layout is a change of its own (protocol §1): when there is nothing else to do. */
function relayout(world: World, wanted: Candidate): Verdict {
  const { document, barrier } = world;
  const layout = naturalLayout(wanted.seats, wanted.replicationFactor);
  const whole =
    barrier.verdict === 'full' && seatedMembers(world).every((member) => isWhole(world, member));
  if (layout === document.current.layout.kind || !whole) return SILENT;
  return begin(world, { ...wanted, layout }, []);
}

function lowersCopies(candidate: Candidate, { current }: RingDocument): boolean {
  return (
    livingLeavers(candidate).size > 0 || candidate.replicationFactor < current.replicationFactor
  );
}

/** Joiners that will soon be there are worth one change for all; a repair waits for no joiner. */
function holdsBack({ pending, leavers, joiners }: Candidate): boolean {
  const repairs = leavers.some(
    (leaver) => leaver.lost && joiners.some(({ id }) => id === leaver.id),
  );
  return !repairs && pending.some(({ why }) => why === 'starting' || why === 'cleaning');
}

/** A change that gives slots to a silent member could only wait (R7); it had better not begin. */
function silentGainer(world: World, allowed: Candidate): Wait | null {
  const { document, reports } = world;
  const silent: NodeId[] = [];
  for (const incarnation of gainsOf(document.current, nextAssignment(document, allowed)).keys()) {
    const member = memberOf(document, incarnation);
    if (member !== undefined && !member.lost && !reports.has(incarnation)) silent.push(member.id);
  }
  if (silent.length === 0) return null;
  return wait(
    'MemberUnreachable',
    `${silent.join(', ')} would get slots but do not answer`,
    'They must answer again, or their volumes be proved gone',
    silent,
  );
}

/** The ring that is wanted would rest on members whose volumes are gone: they are replaced first. */
function stranding(world: World, allowed: Candidate): Wait | null {
  const { document } = world;
  const slots = strandedSlots(document, {
    from: document.current,
    to: nextAssignment(document, allowed),
  });
  if (slots.length === 0) return null;
  return wait(
    'RebuildInProgress',
    `${slots.length} slots would rest on members whose volumes are lost`,
    'Their replacements start by themselves',
    document.members.filter((member) => member.lost).map(({ id }) => id),
  );
}

function pendingWait({ id, why }: Pending): Wait {
  switch (why) {
    case 'starting':
      return wait(
        'NodesStarting',
        `${id} has not answered yet`,
        'It starts by itself; see its log',
        [id],
      );
    case 'stuck':
      return wait(
        'NodesStarting',
        `${id} is wanted but cannot join`,
        'See its log; the others go ahead without it',
        [id],
      );
    case 'cleaning':
      return wait(
        'CleanUpRunning',
        `${id} returns once it has left for good`,
        'It ends by itself',
        [id],
      );
    case 'foreign':
      return wait('DocumentUnknown', `${id} holds data of another ring`, 'Remove its volume', [id]);
    case 'disk-full':
      return wait(
        'DiskWouldFill',
        `${id} cannot join: its disk is full`,
        'Give it a larger volume',
        [id],
      );
    case 'too-old':
      return wait(
        'NodesStarting',
        `${id} does not speak the ring's protocol version`,
        'Give it the revision of the others',
        [id],
      );
  }
}
