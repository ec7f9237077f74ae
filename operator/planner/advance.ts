// The change under way (protocol §3): on to the next phase when its barrier and coverage hold, back
// when the demand went back or a gaining member cannot go on, and otherwise why it waits.
import type { Member } from '../../core/api/ring-document.ts';
import { abortChange, enterReadNew, finishChange, retreat } from '../../core/membership/change.ts';
import { holds } from '../../core/membership/barrier.ts';
import { coverage, strandedSlots, uncovered } from '../../core/membership/coverage.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import type { Wait } from './actions.ts';
import { SILENT, hold, store, wait } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import { names, silenceMs, stampOf, they } from './world.ts';
import type { World } from './world.ts';

/** Goes back to the old ring, from write-both only: no read was ever answered by the new one. */
export function abortUnwanted(world: World): Verdict {
  if (world.document.phase !== 'write-both') return SILENT;
  const why = unwanted(world) ?? hopeless(world);
  if (why === null || onlyWay(world) === 'forward') return SILENT;
  // After a retreat somebody may still read the new ring: its members must have heard of it (I4).
  if (isStranding(world) && !world.without.has('R5') && !holds(world.barrier)) return SILENT;
  return store(abortChange(world.document, stampOf(world)), world.document);
}

/** Back from read-new, when the new copies are lost and the old ones, which get every write, are not (I1). */
export function retreatFromLoss(world: World): Verdict {
  if (world.document.phase !== 'read-new' || onlyWay(world) !== 'back') return SILENT;
  return store(retreat(world.document, stampOf(world)), world.document);
}

/** Which of the two rings alone still has everything: too many of the other one's members are lost. */
function onlyWay(world: World): 'forward' | 'back' | 'either' {
  const { document } = world;
  const { current, next } = document;
  if (next === null) return 'either';
  const [forward, back] = [
    { from: current, to: next },
    { from: next, to: current },
  ];
  const isNewLost = strandedSlots(document, forward).length > 0;
  const isOldLost = strandedSlots(document, back).length > 0;
  if (isOldLost !== isNewLost) return isOldLost ? 'forward' : 'back';
  if (!isOldLost) return 'either';
  // Neither can be read everywhere. |old| − W + 1 of the old set hold each write among them; where that is
  // any one of them, so is any gaining member that is covered.
  const { width } = replicaTable(current);
  const holders = width - Math.min(current.writeQuorum, width) + 1;
  const keepsOld = strandedSlots(document, { ...back, needed: holders }).length === 0;
  const keepsNew = holders === 1 && strandedSlots(document, { ...forward, needed: 1 }).length === 0;
  return keepsOld === keepsNew ? 'either' : keepsNew ? 'forward' : 'back';
}

/** Going on would leave copies behind that a quorum of the new ring does not have. */
function isStranding({ document }: World): boolean {
  const { current, next } = document;
  return next !== null && strandedSlots(document, { from: current, to: next }).length > 0;
}

/** On to the next phase, or what it waits for. Pausing the cluster does not stop what is under way. */
export function advanceChange(world: World): Verdict {
  const { document, reports, without } = world;
  if (document.phase === 'stable') return SILENT;
  // I4: no phase is left before its barrier.
  if (!without.has('R5') && !holds(world.barrier)) return hold(barrierWait(world));
  if (document.phase === 'read-new') {
    // R9: from here on nobody but the new replicas can heal what is damaged there.
    const unread = document.members.filter((m) => slotsToReadBack(world, m) > 0);
    if (unread.length > 0) return hold(readBackWait(world, unread));
    return store(finishChange(document, stampOf(world)), document);
  }
  const owing = uncovered(document, reports);
  if (owing.length > 0 && !without.has('R7')) return hold(streamsWait(world));
  const damaged = document.members.filter(
    (m) => (reports.get(m.incarnation)?.damagedRecords ?? 0) > 0,
  );
  if (damaged.length > 0) return hold(damageWait(damaged));
  return store(enterReadNew(document, stampOf(world)), document);
}

/** A damaged record is healed from the old copies while they are there. */
function damageWait(damaged: readonly Member[]): Wait {
  return wait(
    'RebuildInProgress',
    `${they(damaged, 'heals', 'heal')} damaged records`,
    'It ends by itself',
    damaged.map(({ id }) => id),
  );
}

/** A lost member has nothing to read back: it is replaced. */
function slotsToReadBack({ reports }: World, { incarnation, lost }: Member): number {
  return lost ? 0 : (reports.get(incarnation)?.slotsToReadBack ?? 0);
}

/** Where one copy of a write is all that the new ring promises, it is read back before the others go. */
function readBackWait(world: World, unread: readonly Member[]): Wait {
  const slots = unread.reduce((sum, member) => sum + slotsToReadBack(world, member), 0);
  return wait(
    'RebuildInProgress',
    `${they(unread, 'reads', 'read')} back ${slots === 1 ? 'a slot' : `${slots} slots`} whose other copies will go`,
    'It ends by itself',
    unread.map(({ id }) => id),
  );
}

/** The phase, or the next change, waits for acknowledgements. */
export function barrierWait({ barrier: { verdict, missing }, document }: World): Wait {
  const how =
    verdict === 'short'
      ? 'They must answer again, or their volumes be proved gone'
      : 'They answer, or the bounded wait ends';
  return wait(
    'BarrierPending',
    `Epoch ${document.epoch} is not acknowledged by ${names(missing)}`,
    how,
    missing.map(({ id }) => id),
  );
}

function streamsWait({ document, reports }: World): Wait {
  const owing = uncovered(document, reports);
  const slots = owing.reduce((sum, { needed, covered }) => sum + needed - covered, 0);
  const said = owing.map(({ waitingFor }) => waitingFor).find((text) => text !== '') ?? '';
  return wait(
    'StreamsRunning',
    `${slots} slots are being copied to ${names(owing.map((c) => c.member))}`,
    said === '' ? 'The copies end by themselves' : said,
    owing.map(({ member }) => member.id),
  );
}

/** The demand went back on a part of the change; null: it did not. */
function unwanted({ document, wished, desired }: World): string | null {
  const { next, current } = document;
  if (next === null) return null;
  const staying = new Set(next.seats.map((seat) => seat.incarnation));
  for (const member of document.members) {
    if (member.state === 'joining' && !wished.has(member.id))
      return `${member.id} is not wanted any more`;
    const leaves = member.state === 'leaving' && !member.lost && !staying.has(member.incarnation);
    if (leaves && wished.has(member.id)) return `${member.id} is wanted again`;
  }
  const copies = (ring: typeof desired | typeof current) =>
    `${ring.replicationFactor} ${ring.readQuorum} ${ring.writeQuorum}`;
  const goesBack = copies(next) !== copies(current) && copies(desired) === copies(current);
  return goesBack ? 'the number of copies is wanted as it was' : null;
}

/** A gaining member cannot go on; null: all can. */
function hopeless(world: World): string | null {
  const { document, reports, desired } = world;
  const shrinks = document.members.some((member) => member.state === 'leaving' && !member.lost);
  for (const { member, needed, covered } of coverage(document, reports)) {
    const { id, incarnation, state, lost } = member;
    if (lost && (state === 'joining' || shrinks)) return `${id} is lost`;
    if (lost || covered >= needed) continue;
    if (silenceMs(world, member) > desired.abortAfterMs) return `${id} does not answer`;
    if (reports.get(incarnation)?.diskFull === true) return `the disk of ${id} is full`;
  }
  return isStranding(world) ? 'slots would have too few copies' : null;
}

/** Members that the change takes in. */
export function joining({ document }: World): readonly Member[] {
  return document.members.filter((member) => member.state === 'joining');
}
