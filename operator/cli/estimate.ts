// What a forecast rests on where members cannot be asked: the stored document, and what each member is
// said to hold in all. Keys lie on slots by their hash, so every slot is taken to hold the mean.
import type { NodeLoad } from '../../core/api/admin.ts';
import type { ClusterStatus } from '../../core/api/cluster.ts';
import { changeId, clusterId, nodeId } from '../../core/api/ids.ts';
import type { Incarnation } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import type { Observed } from '../planner/observed.ts';
import { slotsHeld } from '../ring-status.ts';

export function estimated(
  cluster: string,
  document: RingDocument | null,
  { members = [] }: ClusterStatus,
): Observed & { readonly isEstimate: boolean } {
  const held = slotsHeld(document);
  const told = members.flatMap(({ incarnation, keys, bytes }) => {
    const slots = held.get(incarnation) ?? 0;
    return keys === undefined || bytes === undefined || slots === 0
      ? []
      : [{ incarnation: incarnation as Incarnation, slots, keys, bytes }];
  });
  const mean = (of: (member: (typeof told)[number]) => number): number =>
    told.reduce((sum, member) => sum + of(member), 0) /
    Math.max(
      1,
      told.reduce((sum, { slots }) => sum + slots, 0),
    );
  const slots = document === null ? 0 : 2 ** document.slotBits;
  const load: NodeLoad = {
    keys: new Array<number>(slots).fill(mean(({ keys }) => keys)),
    bytes: new Array<number>(slots).fill(mean(({ bytes }) => bytes)),
  };
  return {
    isEstimate: true,
    nowMs: Date.now(),
    document,
    highest: document,
    nodes: [],
    lostIncarnations: [],
    releasedVolumes: [],
    loads: new Map(told.map(({ incarnation }) => [incarnation, load])),
    // Never used: a forecast makes no document.
    fresh: { clusterId: clusterId('0'.repeat(16)), changeId: changeId('0'.repeat(12)) },
    nameOf: (ordinal) => nodeId(`${cluster}-${ordinal}`),
  };
}
