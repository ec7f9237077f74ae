// Small rings for the tests of membership, made by the code under test from plain words.
import { changeId, clusterId, epoch, incarnation, nodeId, zone } from '../../../core/api/ids.ts';
import type { NodeReport } from '../../../core/api/admin.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { DATA_LIMITS } from '../../../core/limits.ts';
import {
  beginChange,
  bootstrap,
  enterReadNew,
  finishChange,
} from '../../../core/membership/change.ts';
import type { ChangeWish, Joiner } from '../../../core/membership/change.ts';
import { documentHash } from '../../../core/membership/document.ts';
import type { Edit, Stamp } from '../../../core/membership/edit.ts';

export const joiner = (name: string, where = 'z'): Joiner => ({
  id: nodeId(`dev-${name}`),
  incarnation: incarnation(name),
  address: `dev-${name}:8082`,
  zone: zone(where),
});

export const after = ({ epoch: e }: RingDocument, nowMs = 1000): Stamp => ({
  nowMs,
  epoch: epoch(e + 1),
});

export function edit(outcome: Edit): RingDocument {
  if (outcome.kind === 'refused') throw new Error(outcome.why);
  return outcome.document;
}

export function founded(names: readonly string[], N = 3): RingDocument {
  return edit(
    bootstrap(
      {
        clusterId: clusterId('c'),
        members: names.map((name) => joiner(name)),
        slotBits: 4,
        mode: 'strict',
        conflicts: 'siblings',
        limits: DATA_LIMITS,
        replicationFactor: N,
        readQuorum: 2,
        writeQuorum: 2,
      },
      { nowMs: 0, epoch: epoch(1) },
    ),
  );
}

/** A wish for exactly these seats; who is no member yet, joins. */
export function wishFor(document: RingDocument, names: readonly string[], N = 3): ChangeWish {
  const known = new Set(document.members.map((member) => member.incarnation as string));
  return {
    id: changeId('change'),
    summary: 'test',
    replicationFactor: N,
    readQuorum: 2,
    writeQuorum: 2,
    seats: names.map((name) => ({ incarnation: incarnation(name), zone: zone('z') })),
    joiners: names.filter((name) => !known.has(name)).map((name) => joiner(name)),
  };
}

export function begun(from: readonly string[], to: readonly string[]): RingDocument {
  const document = founded(from);
  return edit(beginChange(document, wishFor(document, to), after(document)));
}

export function finished(from: readonly string[], to: readonly string[]): RingDocument {
  const writing = begun(from, to);
  const reading = edit(enterReadNew(writing, after(writing)));
  return edit(finishChange(reading, after(reading)));
}

/** What a node says of itself that holds nothing and misses nothing. */
export const UNTROUBLED = {
  hints: { items: 0, bytes: 0, oldestAgeMs: 0 },
  keys: 0,
  bytes: 0,
  diskFull: false,
  diskFreeBytes: 1e12,
  draining: false,
  silentPeers: [],
  unequalSlots: 0,
  splitRing: false,
} as const satisfies Partial<NodeReport>;

/** The word of a node that holds `document` and has nothing left to do. */
export function wordOf(
  name: string,
  document: RingDocument,
  more: Partial<NodeReport> = {},
): NodeReport {
  return {
    id: nodeId(`dev-${name}`),
    incarnation: incarnation(name),
    volume: `volume-${name}`,
    clusterId: document.clusterId,
    epoch: document.epoch,
    documentHash: documentHash(document),
    fullBarrier: document.progress.fullBarrier,
    protocolVersionMax: 1,
    serving: true,
    gains: null,
    uncleanSlots: 0,
    ...UNTROUBLED,
    ...more,
  };
}

export function wordsOf(
  names: readonly string[],
  document: RingDocument,
): Map<NodeReport['incarnation'], NodeReport> {
  return new Map(names.map((name) => [incarnation(name), wordOf(name, document)]));
}
