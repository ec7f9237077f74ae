// Ring documents one phase after the other, for rings on a calm network.
import { changeId, epoch, incarnation, nodeId, zone } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { beginChange, enterReadNew, finishChange } from '../../../core/membership/change.ts';
import type { Edit } from '../../../core/membership/edit.ts';
import { postFullBarrier } from '../../../core/membership/upkeep.ts';
import type { CalmRing, Quorums } from './calm-ring.ts';

/** The document that an edit makes, which must apply. */
export function edit(done: Edit): RingDocument {
  if (done.kind === 'refused') throw new Error(done.why);
  return done.document;
}

/** The next epoch's stamp. */
export const stamp = (document: RingDocument) => ({ nowMs: 0, epoch: epoch(document.epoch + 1) });

/** The write-both document that takes the ring to these members. */
export function towards(
  document: RingDocument,
  names: readonly string[],
  id = 'x',
  quorums: Partial<Quorums> = {},
): RingDocument {
  const known = new Set(document.members.map((m) => String(m.incarnation)));
  return edit(
    beginChange(
      document,
      {
        id: changeId(id),
        summary: id,
        replicationFactor: 3,
        readQuorum: 2,
        writeQuorum: 2,
        ...quorums,
        seats: names.map((name) => ({ incarnation: incarnation(name), zone: zone('local') })),
        joiners: names
          .filter((name) => !known.has(name))
          .map((name) => ({
            id: nodeId(name),
            incarnation: incarnation(name),
            address: `${name}:1`,
            zone: zone('local'),
          })),
      },
      stamp(document),
    ),
  );
}

/** The read-new document that follows. */
export function readNew(writeBoth: RingDocument): RingDocument {
  return edit(enterReadNew(writeBoth, stamp(writeBoth)));
}

/** Takes the ring from write-both to the end of the change and its clean-up. */
export function finish(ring: CalmRing, writeBoth: RingDocument): RingDocument {
  const read = readNew(writeBoth);
  ring.post(read);
  const stable = edit(finishChange(read, stamp(read)));
  ring.post(stable);
  const full = postFullBarrier(stable);
  ring.post(full);
  ring.ticks(30);
  return full;
}
