// A node that does at once what others take their time for: it adopts, copies and cleans up in no time.
import type { NodeReport } from '../../../core/api/admin.ts';
import { epoch } from '../../../core/api/ids.ts';
import type { Incarnation, NodeId } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { losersOf } from '../../../core/membership/change.ts';
import { gainsOf } from '../../../core/membership/coverage.ts';
import { documentHash, isNewer, memberOf } from '../../../core/membership/document.ts';
import type { ObservedNode } from '../../../operator/planner/observed.ts';
import { UNTROUBLED } from '../../core/membership/founded.ts';

export interface IdealNode {
  readonly id: NodeId;
  incarnation: Incarnation;
  volume: string;
  process: ObservedNode['process'];
  revision: string;
  silentSinceMs: number | null;
  document: RingDocument | null;
  unclean: number;
  /** Overrides for what the node says of itself. */
  says: Partial<NodeReport>;
  /** False: it copies nothing. */
  copies: boolean;
}

/** Its word about itself. */
export function reportOf(node: IdealNode): NodeReport {
  const { document } = node;
  return {
    id: node.id,
    incarnation: node.incarnation,
    volume: node.volume,
    clusterId: document?.clusterId ?? null,
    epoch: document?.epoch ?? epoch(0),
    documentHash: document === null ? '' : documentHash(document),
    fullBarrier: document?.progress.fullBarrier ?? epoch(0),
    protocolVersionMax: 1,
    serving: document !== null && memberOf(document, node.incarnation) !== undefined,
    gains: gainsOfNode(node),
    uncleanSlots: node.unclean,
    ...UNTROUBLED,
    ...node.says,
  };
}

/** It holds the document from now on; R8: it cleans up what it lost once the full barrier holds. */
export function adopt(node: IdealNode, document: RingDocument): void {
  const before = node.document;
  if (!isNewer(document, before)) return;
  const finished =
    before?.next != null &&
    document.settled?.change === before.change?.id &&
    document.current.seats === before.next.seats;
  if (finished && losersOf(before.current, document.current).has(node.incarnation))
    node.unclean = 1;
  node.document = document;
  if (document.progress.fullBarrier >= (document.settled?.epoch ?? 0)) node.unclean = 0;
}

function gainsOfNode({ document, incarnation, copies }: IdealNode): NodeReport['gains'] {
  if (document?.next == null || document.change === null) return null;
  const needed = gainsOf(document.current, document.next).get(incarnation) ?? 0;
  const covered = copies ? needed : 0;
  return { change: document.change.id, needed, covered, keys: 0, bytes: 0, waitingFor: '' };
}
