// Pods of a small cluster as ideal nodes that answer over HTTP, and the slots whose data each volume
// holds: what is left of a slot when pods and claims go is what a real ring would have left.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { incarnation, nodeId } from '../../core/api/ids.ts';
import type { Incarnation, Slot } from '../../core/api/ids.ts';
import type { Assignment, RingDocument } from '../../core/api/ring-document.ts';
import { decodeDocument, encodeDocument } from '../../core/membership/document.ts';
import { replicaSet } from '../../core/ring/ring.ts';
import { PORTS, VOLUME_ANNOTATION } from '../../operator/kubernetes/names.ts';
import { adopt, reportOf } from '../operator/planner/ideal-node.ts';
import type { IdealNode } from '../operator/planner/ideal-node.ts';
import type { Launch, Running } from './small-cluster.ts';

/** A volume as the node knows it: another name is another one, and starts empty (R9). */
interface Volume {
  readonly name: string;
  readonly claimUid: string;
  readonly node: IdealNode;
  readonly slots: Set<Slot>;
}

export class IdealPods {
  private readonly volumes = new Map<string, Volume>();
  private drawn = 0;

  launch = async ({ pod, ip, claimUid }: Launch): Promise<Running> => {
    const uid = pod.metadata.uid!;
    // In memory: the volume's life is the pod's.
    const name = (claimUid === null ? uid : pod.metadata.annotations?.[VOLUME_ANNOTATION]) ?? '';
    const volume = this.open(name, { pod: pod.metadata.name, claimUid: claimUid ?? uid });
    const server = createServer((request, response) => {
      void this.answer(volume, request, response);
    });
    server.listen(PORTS.admin, ip);
    await once(server, 'listening');
    return { stop: () => closed(server) };
  };

  /** The claim is gone, and its data with it. */
  destroy(claimUid: string): void {
    for (const [name, volume] of this.volumes)
      if (volume.claimUid === claimUid) this.volumes.delete(name);
  }

  /** How many volumes hold each slot of the ring. */
  copies(document: RingDocument): readonly number[] {
    return Array.from(
      { length: 1 << document.slotBits },
      (_, slot) => [...this.volumes.values()].filter(({ slots }) => slots.has(slot)).length,
    );
  }

  /** True where each slot is on all members of its set. */
  isWhole({ current, slotBits }: RingDocument): boolean {
    const held = new Map([...this.volumes.values()].map((each) => [each.node.incarnation, each]));
    return Array.from({ length: 1 << slotBits }, (_, slot) => slot).every((slot) =>
      replicaSet(current, slot).every((member) => held.get(member)?.slots.has(slot) === true),
    );
  }

  private open(name: string, { pod, claimUid }: { pod: string; claimUid: string }): Volume {
    const known = this.volumes.get(name);
    if (known !== undefined) return known;
    // What another member left on the same claim is emptied.
    this.destroy(claimUid);
    this.drawn += 1;
    const volume: Volume = {
      name,
      claimUid,
      slots: new Set(),
      node: {
        id: nodeId(pod),
        incarnation: incarnation(this.drawn.toString(16).padStart(16, '0')),
        volume: name,
        process: 'running',
        revision: '',
        silentSinceMs: null,
        document: null,
        unclean: 0,
        says: {},
        copies: true,
      },
    };
    this.volumes.set(name, volume);
    return volume;
  }

  private async answer(
    { node, slots }: Volume,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (request.method === 'PUT') {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      this.adopted({ node, slots }, decodeDocument(text));
      response.writeHead(204).end();
    } else if (request.url === '/admin/report') {
      response.end(JSON.stringify(reportOf(node)));
    } else if (request.url === '/admin/document' && node.document !== null) {
      response.end(encodeDocument(node.document));
    } else response.writeHead(404).end();
  }

  private adopted({ node, slots }: Pick<Volume, 'node' | 'slots'>, document: RingDocument): void {
    const isFirst = document.epoch === 1;
    adopt(node, document);
    const sits = (ring: Assignment | null, slot: Slot): boolean =>
      ring !== null && replicaSet(ring, slot).includes(node.incarnation);
    for (let slot = 0; slot < 1 << document.slotBits; slot++) {
      const isOwn = sits(document.current, slot) || sits(document.next, slot);
      // From another copy, where there is one; a ring that is founded is empty.
      if (isOwn && (isFirst || this.isHeld(slot))) slots.add(slot);
      if (!isOwn && node.unclean === 0) slots.delete(slot);
    }
  }

  private isHeld(slot: Slot): boolean {
    return [...this.volumes.values()].some(({ slots }) => slots.has(slot));
  }

  /** For messages. */
  holders(): string {
    const lines = [...this.volumes.values()].map(
      ({ node, slots }): [Incarnation, string, number] => [node.incarnation, node.id, slots.size],
    );
    return JSON.stringify(lines);
  }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
