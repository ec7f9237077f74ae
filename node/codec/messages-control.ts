// Layouts of the messages about the ring itself: hand-over, anti-entropy, listing, documents.
import type { SlotLeaves, SlotRoot } from '../../core/api/messages.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import { LEAVES } from '../../core/limits.ts';
import { decodeDocument, encodeDocument } from '../../core/membership/document.ts';
import { invalid, type ByteReader, type ByteWriter } from './bytes.ts';
import { readRequest, readResult, writeRequest, writeResult } from './messages-client.ts';
import { readErrorCode, type Kind, type Layouts } from './layout.ts';
import type { DATA_LAYOUTS } from './messages-data.ts';
import { readDigests, readKey, readSlot, writeDigests, writeKey } from './records.ts';

export const CONTROL_LAYOUTS: Layouts<Exclude<Kind, keyof typeof DATA_LAYOUTS>> = {
  coordinate: {
    write: (w, m) => {
      w.count(m.call);
      w.count(m.life);
      writeRequest(w, m.request);
    },
    read: (r) => ({
      kind: 'coordinate',
      call: r.count(),
      life: r.count(),
      request: readRequest(r),
    }),
  },
  coordinated: {
    write: (w, m) => {
      w.count(m.call);
      writeResult(w, m.result);
    },
    read: (r) => ({ kind: 'coordinated', call: r.count(), result: readResult(r) }),
  },
  compare: {
    write: (w, m) => {
      w.count(m.call);
      w.list(m.roots, writeRoot);
    },
    read: (r) => ({ kind: 'compare', call: r.count(), roots: r.list(readRoot) }),
  },
  compared: {
    write: (w, m) => {
      w.count(m.call);
      w.list(m.unequal, writeLeaves);
      w.list(m.equal, (each, slot) => each.count(slot));
    },
    read: (r) => ({
      kind: 'compared',
      call: r.count(),
      unequal: r.list(readLeaves),
      equal: r.list(readSlot),
    }),
  },
  exchange: {
    write: (w, m) => {
      w.count(m.call);
      w.count(m.slot);
      w.count(m.leaf);
      w.optional(m.after, writeKey);
      w.optional(m.until, writeKey);
      writeDigests(w, m.held);
    },
    read: (r) => ({
      kind: 'exchange',
      call: r.count(),
      slot: readSlot(r),
      leaf: readLeaf(r),
      after: r.optional(readKey),
      until: r.optional(readKey),
      held: readDigests(r),
    }),
  },
  collect: {
    write: (w, m) => {
      w.count(m.call);
      w.count(m.slot);
      writeDigests(w, m.tombstones);
    },
    read: (r) => ({
      kind: 'collect',
      call: r.count(),
      slot: readSlot(r),
      tombstones: readDigests(r),
    }),
  },
  list: {
    write: (w, m) => {
      w.count(m.call);
      w.count(m.slot);
      w.optional(m.after, writeKey);
      w.text(m.prefix);
      w.count(m.limit);
    },
    read: (r) => ({
      kind: 'list',
      call: r.count(),
      slot: readSlot(r),
      after: r.optional(readKey),
      prefix: r.text(),
      limit: r.count(),
    }),
  },
  refused: {
    write: (w, m) => {
      w.count(m.call);
      w.text(m.code);
    },
    read: (r) => ({ kind: 'refused', call: r.count(), code: readErrorCode(r) }),
  },
  heartbeat: {
    write: (w, m) => w.count(m.life),
    read: (r) => ({ kind: 'heartbeat', life: r.count() }),
  },
  'fetch-document': { write: () => undefined, read: () => ({ kind: 'fetch-document' }) },
  document: {
    write: (w, m) => w.text(encodeDocument(m.document)),
    read: (r) => ({ kind: 'document', document: readDocument(r) }),
  },
};

function writeRoot(writer: ByteWriter, root: SlotRoot): void {
  writer.count(root.slot);
  writer.uint32(root.high);
  writer.uint32(root.low);
}

function readRoot(reader: ByteReader): SlotRoot {
  return { slot: readSlot(reader), high: reader.uint32(), low: reader.uint32() };
}

function writeLeaves(writer: ByteWriter, slot: SlotLeaves): void {
  writer.count(slot.slot);
  writer.uint32s(slot.leaves);
}

function readLeaves(reader: ByteReader): SlotLeaves {
  const slot = readSlot(reader);
  const leaves = reader.uint32s();
  if (leaves.length !== LEAVES * 2) throw invalid(`${leaves.length} halves of ${LEAVES} leaves`);
  return { slot, leaves };
}

function readLeaf(reader: ByteReader): number {
  const leaf = reader.count();
  if (leaf >= LEAVES) throw invalid(`leaf ${leaf} of ${LEAVES}`);
  return leaf;
}

function readDocument(reader: ByteReader): RingDocument {
  try {
    return decodeDocument(reader.text());
  } catch (cause) {
    if (cause instanceof RingError) throw invalid('a ring document cannot be decoded', cause);
    throw cause;
  }
}
