// After a change: losers clean up, leavers get their receipts, and only then is anything taken away
// (R8, R12, I6). Here too: incarnations that are proved lost.
import type { NodeId } from '../../core/api/ids.ts';
import type { NodeReport } from '../../core/api/admin.ts';
import type { Receipt } from '../../core/api/ring-document.ts';
import { memberOf } from '../../core/membership/document.ts';
import { proveDeparture } from '../../core/membership/receipt.ts';
import {
  confirmCleanUp,
  dropMembers,
  hasReceipt,
  markLost,
  postFullBarrier,
  readdress,
  recordReceipts,
  seated,
} from '../../core/membership/upkeep.ts';
import type { Wait } from './actions.ts';
import type { ObservedNode } from './observed.ts';
import { SILENT, act, hold, store, wait } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import { departing, stampOf, they } from './world.ts';
import type { World } from './world.ts';

/** R9: volumes that are proved gone never act again. */
export function markLostMembers(world: World): Verdict {
  const {
    document,
    observed: { lostIncarnations },
  } = world;
  const lost = lostIncarnations.filter(
    (incarnation) =>
      memberOf(document, incarnation)?.lost === false && !hasReceipt(document, incarnation),
  );
  return lost.length === 0 ? SILENT : store(markLost(document, lost, stampOf(world)), document);
}

/** Members are reached where their nodes are now. */
export function readdressMembers(world: World): Verdict {
  const { document, observed } = world;
  const moved = observed.nodes.flatMap(({ report, address }) => {
    const member = report === null ? undefined : memberOf(document, report.incarnation);
    return member === undefined || member.address === address
      ? []
      : [[member.incarnation, address] as const];
  });
  return moved.length === 0
    ? SILENT
    : store(readdress(document, new Map(moved), stampOf(world)), document);
}

/** R8: losers may clean up once nobody is missing; the store says so under the same epoch. */
export function recordFullBarrier(world: World): Verdict {
  const { document } = world;
  const wanted = document.settled?.epoch ?? 0;
  const stuck = unlistedLoser(world);
  if (document.progress.fullBarrier >= wanted && !stuck) return SILENT;
  const waiting =
    stuck ||
    document.uncleaned.length > 0 ||
    departing(world).length > 0 ||
    aliens(world).some((node) => !world.wished.has(node.id));
  if (!waiting) return SILENT;
  if (world.barrier.verdict === 'full') {
    return act({ kind: 'store-document', document: postFullBarrier(document), replaces: document });
  }
  const missing = world.barrier.missing;
  return hold(
    wait(
      'CleanUpRunning',
      `Clean-up waits until ${they(missing, 'acknowledges', 'acknowledge')} epoch ${document.epoch}`,
      'They must answer again, or their volumes be proved gone',
      missing.map(({ id }) => id),
    ),
  );
}

/** A member found slots to clean up that nobody counts on: its store had missed that they went. */
function unlistedLoser({ document, reports }: World): boolean {
  if (document.phase !== 'stable' || document.progress.fullBarrier >= document.epoch) return false;
  return document.members.some(({ incarnation }) => {
    const report = reports.get(incarnation);
    const owes = report !== undefined && report.uncleanSlots > 0 && report.epoch === document.epoch;
    return owes && !document.uncleaned.includes(incarnation);
  });
}

/** R10: the stay-behinds of a change have handed over and deleted what they lost. */
export function confirmCleanUps(world: World): Verdict {
  const { document, reports } = world;
  if (document.phase !== 'stable' || document.uncleaned.length === 0) return SILENT;
  if (document.progress.fullBarrier < (document.settled?.epoch ?? 0)) return SILENT;
  const stayed = document.uncleaned.filter((incarnation) => seated(document, incarnation));
  const unclean = stayed.filter((incarnation) => {
    const report = reports.get(incarnation);
    return report === undefined || report.epoch !== document.epoch || report.uncleanSlots > 0;
  });
  // All in one edit: each would otherwise cost an epoch, and only tombstones wait for it.
  if (stayed.length > 0 && unclean.length === 0) {
    return store(confirmCleanUp(document, stayed, stampOf(world)), document);
  }
  if (unclean.length === 0) return SILENT;
  const losers = unclean.flatMap((incarnation) => memberOf(document, incarnation) ?? []);
  return hold(
    wait(
      'CleanUpRunning',
      they(
        losers,
        'hands over and deletes the slots that it lost',
        'hand over and delete the slots that they lost',
      ),
      'It ends by itself',
      losers.map(({ id }) => id),
    ),
  );
}

/** I6: the proofs that leavers, and unnamed nodes of this ring that nobody wants, may go. */
export function recordDepartures(world: World): Verdict {
  const { document, reports } = world;
  if (document.phase !== 'stable') return SILENT;
  const receipts: Receipt[] = [];
  const waits: Wait[] = [];
  const judge = (id: NodeId, report: NodeReport | undefined) => {
    const proof = report === undefined ? null : proveDeparture(document, report);
    if (proof?.kind === 'receipt') receipts.push(proof.receipt);
    else
      waits.push(departureWait(id, proof?.message ?? `${id} does not answer: silence is no proof`));
  };
  for (const { id, incarnation } of departing(world)) judge(id, reports.get(incarnation));
  for (const { id, report } of aliens(world))
    if (!world.wished.has(id)) judge(id, report ?? undefined);
  if (receipts.length === 0) return hold(...waits);
  return store(recordReceipts(document, receipts, stampOf(world)), document, ...waits);
}

const departureWait = (id: NodeId, message: string): Wait =>
  wait(
    'CleanUpRunning',
    `${id} stays until its receipt is stored: ${message}`,
    'It ends by itself',
    [id],
  );

/** Takes away what has its receipt, and nodes that never were of any ring and are not wanted. */
export function removeDeparted(world: World): Verdict {
  // One that is on its way takes its time; the others need not wait for it.
  const isEnding = ({ process }: ObservedNode): boolean => process === 'stopping';
  const { nodes } = world.observed;
  for (const node of [...nodes.filter((each) => !isEnding(each)), ...nodes.filter(isEnding)]) {
    const receipt = receiptFor(world, node);
    if (receipt !== null) {
      return act({ kind: 'remove-node', id: node.id, incarnation: receipt.incarnation, receipt });
    }
    if (world.wished.has(node.id)) continue;
    const { report } = node;
    const fresh =
      report !== null && report.clusterId === null && !memberOf(world.document, report.incarnation);
    if (fresh || isEmpty(world, node)) {
      return act({
        kind: 'remove-node',
        id: node.id,
        incarnation: report?.incarnation ?? null,
        receipt: null,
      });
    }
  }
  return hold(
    ...nodes.filter((node) => isUnknown(world, node)).map((node) => goingWait(world, node)),
    ...releasedWaits(world),
  );
}

/** One for all: waits for the same reason and the same nodes are told as one. */
function releasedWaits({ observed: { releasedVolumes: volumes } }: World): readonly Wait[] {
  if (volumes.length === 0) return [];
  const fate =
    volumes.length === 1 ? 'is deleted: no member needs it' : 'are deleted: no member needs them';
  return [wait('CleanUpRunning', `${volumes.join(', ')} ${fate}`, 'It ends by itself')];
}

/** No volume, so nothing is on it: one that stopped before it had any, or that no host has taken yet. */
function isEmpty(world: World, node: ObservedNode): boolean {
  const { process, volume } = node;
  const isDown = process === 'stopped' || process === 'starting';
  return isDown && volume === null && isUnknown(world, node);
}

/** Nobody wants it, the document names nobody there, and it has not said who it is. */
function isUnknown({ document, wished }: World, { id, report }: ObservedNode): boolean {
  return (
    report === null &&
    !wished.has(id) &&
    !document.members.some((member) => member.id === id && !member.lost)
  );
}

/** Its volume may hold something: it goes by its own word alone, and until then the ring is not at rest. */
function goingWait({ desired }: World, { id, process, silentMs }: ObservedNode): Wait {
  if (process === 'stopping')
    return wait('CleanUpRunning', `${id} stops`, 'It ends by itself', [id]);
  const unwanted = `${id} is not wanted any more, and has not answered`;
  return silentMs > desired.abortAfterMs
    ? wait('MemberUnreachable', unwanted, 'See its log; it goes once it answers', [id])
    : wait('NodesStarting', unwanted, 'It starts by itself, and goes then; see its log', [id]);
}

/** Forgets members whose nodes are gone, and the receipts that have served. */
export function dropDeparted(world: World): Verdict {
  const { document, observed } = world;
  if (document.phase !== 'stable') return SILENT;
  const lost = document.members.filter((m) => m.lost && !seated(document, m.incarnation));
  const taken = document.receipts.filter(
    (receipt) =>
      !observed.nodes.some((node) => receiptFor(world, node)?.incarnation === receipt.incarnation),
  );
  const gone = [...new Set([...lost, ...taken].map(({ incarnation }) => incarnation))];
  return gone.length === 0 ? SILENT : store(dropMembers(document, gone, stampOf(world)), document);
}

/** The receipt for what is on this node now: of its incarnation; where it is silent, its volume. */
function receiptFor({ document }: World, { id, report, volume }: ObservedNode): Receipt | null {
  return (
    document.receipts.find(
      (receipt) =>
        receipt.id === id &&
        (report === null ? receipt.volume === volume : receipt.incarnation === report.incarnation),
    ) ?? null
  );
}

/** Nodes that hold a document of this ring, which no longer (or not yet again) names them. */
export function aliens({ document, observed }: World): readonly ObservedNode[] {
  return observed.nodes.filter(
    ({ report }) =>
      report !== null &&
      report.clusterId === document.clusterId &&
      memberOf(document, report.incarnation) === undefined &&
      !hasReceipt(document, report.incarnation),
  );
}
