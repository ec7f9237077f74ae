// Records, documents and folders that storage tests start from: made anew for each test.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epoch, incarnation, nodeId, zone } from '../../../core/api/ids.ts';
import type { VersionedObject } from '../../../core/api/object.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import type { StoreWrite } from '../../../core/replica/effects.ts';
import { claim } from '../../../core/ring/claim.ts';
import { keyOf } from '../../../core/ring/hash.ts';
import type { Storage } from '../../../node/storage/storage.ts';
import { atRest } from '../../core/membership/at-rest.ts';

/** An object of one live value; `counter` tells versions apart. */
export function objectOf(value: string, counter = 1): VersionedObject {
  const dot = { actor: '00000000000000aa.1', counter };
  const bytes = new TextEncoder().encode(value);
  return {
    context: { actors: [dot.actor], counters: [counter] },
    siblings: [
      {
        dot,
        value: bytes,
        contentType: 'text/plain',
        time: 1_700_000_000_000 * 1024,
        expiresAtMs: 0,
      },
    ],
  };
}

export function recordOf(text: string, value: string, counter = 1): StoreWrite {
  return { kind: 'record', key: keyOf(text), object: objectOf(value, counter) };
}

/** A ring of one member. */
export function documentOf(slotBits: number, number = 1): RingDocument {
  const seat = { incarnation: incarnation('00000000000000aa'), zone: zone('z') };
  return atRest({
    epoch: epoch(number),
    slotBits,
    members: [
      { id: nodeId('dev-0'), ...seat, address: 'localhost:1', state: 'serving', lost: false },
    ],
    current: claim({
      from: null,
      seats: [seat],
      slotBits,
      replicationFactor: 1,
      readQuorum: 1,
      writeQuorum: 1,
    }),
    progress: { sinceMs: 0, fullBarrier: epoch(0) },
  });
}

/** Resolves when the writes are durable. */
export function stored(storage: Storage, ...writes: readonly StoreWrite[]): Promise<void> {
  return new Promise((durable) => {
    storage.store(writes, durable);
  });
}

/** Runs with a new folder under the system's temporary one, and removes it. */
export async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ringkeeper-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** All keys of a slot, page by page. */
export async function keysOfSlot(storage: Storage, slot: number, limit: number): Promise<string[]> {
  const keys: string[] = [];
  for (let after = null; ;) {
    const page: Awaited<ReturnType<Storage['scan']>> = await storage.scan({
      slot,
      after,
      until: null,
      limit,
      bytesMax: 1e6,
    });
    keys.push(...page.records.map(({ key }) => key.text));
    if (page.next === null) return keys;
    after = page.next as never;
  }
}
