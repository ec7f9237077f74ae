// Which document is the ring's (protocol §2): the highest that anyone holds is stored before any
// epoch is made, an existing cluster is never bootstrapped over, and a split ring stops everything.
import { documentHash, memberOf } from '../../core/membership/document.ts';
import { bootstrap } from '../../core/membership/change.ts';
import type { NodeReport } from '../../core/api/admin.ts';
import { clusterId, epoch } from '../../core/api/ids.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { Wait } from './actions.ts';
import type { Desired, Observed, ObservedNode } from './observed.ts';
import { SILENT, act, halt, store, wait } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import { wishedIds } from './world.ts';
import type { World } from './world.ts';

/** Stores the highest document that a member proves, where the store has an older one or none. */
export function recoverDocument({ document, highest, nodes }: Observed): Verdict {
  const known = Math.max(document?.epoch ?? 0, highest?.epoch ?? 0);
  const owner = (document ?? highest)?.clusterId ?? null;
  if (document !== null && highest !== null && document.clusterId !== highest.clusterId) {
    return halt(
      unknown(
        `The stored document is of cluster ${document.clusterId}, a node holds one of ${
          highest.clusterId
        }`,
        'Remove the nodes of the foreign cluster',
        [],
      ),
    );
  }
  const ahead = nodes.filter(
    ({ report }) =>
      report !== null && report.epoch > known && (owner === null || report.clusterId === owner),
  );
  if (ahead.length > 0) {
    return halt(
      unknown(
        'A node holds a newer ring document than any that could be fetched',
        'It is fetched from these nodes as soon as they answer',
        ahead,
      ),
    );
  }
  if (highest === null || (document !== null && highest.epoch <= document.epoch)) return SILENT;
  return act({ kind: 'store-document', document: highest, replaces: document });
}

/** Makes the first document, once every node that exists is known to belong to no ring yet. */
export function found(desired: Desired, observed: Observed): Verdict {
  const members = observed.nodes.filter(
    ({ report }) => report !== null && report.clusterId !== null,
  );
  if (members.length > 0) {
    return halt(
      unknown(
        'Nodes belong to a ring whose document is not known; it is never bootstrapped over',
        'Start a node that holds the document, or restore the document',
        members,
      ),
    );
  }
  if (desired.paused) {
    return halt(wait('Paused', 'The cluster is paused: no ring is founded', 'Set paused to false'));
  }
  const wished = [...wishedIds(desired, observed)];
  const byId = new Map(observed.nodes.map((node) => [node.id, node]));
  const idle =
    wished.find((id) => byId.get(id) === undefined || byId.get(id)?.process === 'stopped') ??
    observed.nodes.find((node) => node.process === 'stopped')?.id;
  const silent = [
    ...wished.filter((id) => !byId.has(id)),
    ...observed.nodes.filter((n) => n.report === null).map((node) => node.id),
  ];
  const starting =
    silent.length === 0
      ? []
      : [
          wait(
            'NodesStarting',
            `The ring is founded once every node has answered; ${silent.join(', ')} did not yet`,
            'They start by themselves; see their logs where they do not',
            silent,
          ),
        ];
  if (idle !== undefined) return act({ kind: 'start-node', id: idle }, ...starting);
  if (silent.length > 0) return halt(...starting);
  return store(
    bootstrap(
      {
        clusterId: clusterId(observed.fresh.clusterId),
        members: wished.map((id) => joinerOf(byId.get(id)!)),
        slotBits: desired.slotBits,
        mode: desired.mode,
        conflicts: desired.conflicts,
        limits: desired.limits,
        replicationFactor: desired.replicationFactor,
        readQuorum: desired.readQuorum,
        writeQuorum: desired.writeQuorum,
      },
      { nowMs: observed.nowMs, epoch: epoch(1) },
    ),
    null,
  );
}

/**
 * Two documents of one epoch: nobody may go on (protocol §2). Who holds the one that was not stored is
 * named first: the others only met it, remember that until they are restarted, and are no side.
 */
export function haltOnSplitRing({ observed, document }: World): Verdict {
  const hash = documentHash(document);
  const ids = (of: (report: NodeReport) => boolean): NodeId[] =>
    observed.nodes.filter(({ report }) => report !== null && of(report)).map(({ id }) => id);
  const aside = ids(
    (report) =>
      report.clusterId === document.clusterId &&
      report.epoch === document.epoch &&
      report.documentHash !== hash,
  );
  if (aside.length > 0)
    return halt(
      wait(
        'SplitRing',
        `Two ring documents of epoch ${document.epoch} exist; another one than the stored: ${aside.join(', ')}`,
        'Save all volumes, remove those of the members named, then restart all others',
        aside,
      ),
    );
  const met = ids((report) => report.splitRing);
  if (met.length === 0) return SILENT;
  return halt(
    wait(
      'SplitRing',
      `Members met a second ring document of epoch ${document.epoch} and serve nothing until they are restarted`,
      'Find who holds it (dht ring check) and remove that volume, then restart the members named',
      met,
    ),
  );
}

/** Posts the document to every node that lags: members, and whoever holds an older one of this ring. */
export function postDocument({ observed, document }: World): Verdict {
  const lagging = observed.nodes.filter(({ report }) => {
    if (report === null) return false;
    const named = memberOf(document, report.incarnation) !== undefined;
    if (!named && report.clusterId !== document.clusterId) return false;
    if (report.clusterId !== null && report.clusterId !== document.clusterId) return false;
    return (
      report.epoch < document.epoch ||
      (named && (report.fullBarrier ?? 0) < document.progress.fullBarrier)
    );
  });
  if (lagging.length === 0) return SILENT;
  return act({ kind: 'post-document', document, to: lagging.map(({ id }) => id) });
}

/** Too few members answer to be sure that no later document exists: no epoch is made. */
export function unheardWait({ document, reports }: World): Wait {
  const silent = document.members.filter(
    (member) => !member.lost && !reports.has(member.incarnation),
  );
  return unknown(
    'Too few members answer to know whether the stored ring document is the latest',
    'They must answer again, or their volumes be proved gone',
    silent,
  );
}

/** What a node brings along when it joins. */
export function joinerOf(node: ObservedNode) {
  const { incarnation } = node.report!;
  return { id: node.id, incarnation, address: node.address, zone: node.zone };
}

function unknown(
  message: string,
  unblock: string,
  nodes: readonly { readonly id: NodeId }[],
): Wait {
  return wait(
    'DocumentUnknown',
    message,
    unblock,
    nodes.map(({ id }) => id),
  );
}
