// Rolling restart: one node at a time, and only while every replica set is whole. Settings of the
// ring that need no restart are here as well.
import { PROTOCOL_VERSION } from '../../core/limits.ts';
import { configure, harmIn, hasReceipt } from '../../core/membership/upkeep.ts';
import type { DataLimits } from '../../core/api/ring-document.ts';
import { memberOf } from '../../core/membership/document.ts';
import type { ObservedNode } from './observed.ts';
import { SILENT, act, hold, store, wait } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import { isWhole, seatedMembers, stampOf, they } from './world.ts';
import type { World } from './world.ts';

/** Restarts one node that runs another revision than the desired one. */
export function rollNodes(world: World): Verdict {
  const old = outdated(world);
  if (old.length === 0) return SILENT;
  if (world.desired.paused) {
    return hold(
      wait(
        'Paused',
        `The cluster is paused: ${they(old, 'keeps its', 'keep their')} revision`,
        'Set paused to false',
        old.map(({ id }) => id),
      ),
    );
  }
  // Directional gate: a node that never came up serves nobody; a new revision repairs it.
  const broken = old.find((node) => node.process === 'starting' && node.report === null);
  if (broken !== undefined) return act(restart(broken));
  const unnamed = old.find(
    ({ report }) => report !== null && !memberOf(world.document, report.incarnation),
  );
  if (unnamed !== undefined) return act(restart(unnamed));
  const held = disturbed(world);
  if (held.length > 0) {
    return hold(
      wait(
        'UnderReplicated',
        `The rolling restart waits until ${held.join(', ')} are whole again`,
        'Every member must answer, serve, hold the stored epoch and have had its hints',
        held,
      ),
    );
  }
  return world.document.phase === 'stable' ? act(restart(old.at(-1)!)) : SILENT;
}

/** Nodes with another revision that run; a stopped one gets the desired revision when it is started. */
export function outdated({ observed, desired, document }: World): readonly ObservedNode[] {
  return observed.nodes.filter(
    (node) =>
      node.revision !== desired.revision &&
      (node.process === 'running' || node.process === 'starting') &&
      !(node.report !== null && hasReceipt(document, node.report.incarnation)),
  );
}

/** Members for whose sake no other may be restarted now. */
function disturbed(world: World) {
  const members = seatedMembers(world).filter(
    (member) =>
      !isWhole(world, member) || (world.reports.get(member.incarnation)?.hints.items ?? 0) > 0,
  );
  return members.map(({ id }) => id);
}

const restart = ({ id, revision }: ObservedNode) =>
  ({ kind: 'restart-node', id, why: `it runs revision ${revision}` }) as const;

/** Consistency mode, limits that can do no harm, and the protocol version that all members speak. */
export function configureRing(world: World): Verdict {
  const { document, desired, reports } = world;
  if (document.phase !== 'stable' || desired.paused) return SILENT;
  const harm = harmIn(document.limits, desired.limits);
  const limits = harm === null ? desired.limits : document.limits;
  const spoken = seatedMembers(world).map(
    (m) => reports.get(m.incarnation)?.protocolVersionMax ?? 0,
  );
  const protocolVersion = Math.max(document.protocolVersion, Math.min(PROTOCOL_VERSION, ...spoken));
  const { mode, conflicts } = desired;
  const same =
    mode === document.mode &&
    conflicts === document.conflicts &&
    protocolVersion === document.protocolVersion &&
    sameLimits(limits, document.limits);
  if (same) return SILENT;
  return store(
    configure(document, { mode, conflicts, limits, protocolVersion }, stampOf(world)),
    document,
  );
}

function sameLimits(a: DataLimits, b: DataLimits): boolean {
  return (
    a.keyBytesMax === b.keyBytesMax &&
    a.valueBytesMax === b.valueBytesMax &&
    a.hintAgeMs === b.hintAgeMs &&
    a.tombstoneGraceMs === b.tombstoneGraceMs &&
    a.operationMs === b.operationMs
  );
}
