// Which ports a node listens on. Chosen when the node is first started and kept: members know one
// another by these addresses, so an id keeps its ports for as long as the cluster exists.
import { createServer } from 'node:net';
import type { NodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import {
  LOCAL_HOST,
  LOCAL_PORT_BASE,
  LOCAL_PORT_MAX,
  LOCAL_PORT_STRIDE,
} from '../../core/limits.ts';
import { readIfThere, writeDurably } from './durable-file.ts';
import { ordinalOf } from './state-folder.ts';

export interface NodePorts {
  readonly client: number;
  readonly admin: number;
  readonly peer: number;
}

export interface PortBook {
  /** null: the node was never started. */
  of(id: NodeId): NodePorts | null;
  /** The node's ports, chosen among free ones at its first start. */
  assign(id: NodeId): Promise<NodePorts>;
  /** Chooses again: only for a node whose address no ring document names. */
  reassign(id: NodeId): Promise<NodePorts>;
}

export async function openPortBook(path: string, base = LOCAL_PORT_BASE): Promise<PortBook> {
  const text = await readIfThere(path);
  const known = new Map<string, NodePorts>(
    text === null ? [] : Object.entries(JSON.parse(text) as Record<string, NodePorts>),
  );
  const reassign = async (id: NodeId): Promise<NodePorts> => {
    const others = [...known].filter(([other]) => other !== id).map(([, ports]) => ports);
    const ports = await choose(base + Math.max(0, ordinalOf(id)) * LOCAL_PORT_STRIDE, others);
    known.set(id, ports);
    await writeDurably(path, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`);
    return ports;
  };
  return {
    of: (id) => known.get(id) ?? null,
    assign: async (id) => known.get(id) ?? (await reassign(id)),
    reassign,
  };
}

/** Those of the node's ports that another process holds. */
export async function takenPorts(ports: NodePorts): Promise<readonly number[]> {
  const all = [ports.client, ports.admin, ports.peer];
  const free = await Promise.all(all.map(isFree));
  return all.filter((_port, index) => free[index] === false);
}

/** True when this process could listen on it now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host: LOCAL_HOST, exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** The first run of three free ports from `from` on; stays below the range of outgoing connections. */
async function choose(from: number, kept: readonly NodePorts[]): Promise<NodePorts> {
  const taken = new Set(kept.map((ports) => ports.client));
  for (let client = from; client + 2 <= LOCAL_PORT_MAX; client += LOCAL_PORT_STRIDE) {
    const ports = { client, admin: client + 1, peer: client + 2 };
    if (!taken.has(client) && (await takenPorts(ports)).length === 0) return ports;
  }
  throw new RingError(
    'INTERNAL',
    `no three free ports in a row between ${from} and ${LOCAL_PORT_MAX}`,
  );
}
