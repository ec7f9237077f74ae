// Layouts of the messages that carry records: the hot path of reads, writes, repair and streams.
import type { ChangeId, Incarnation } from '../../core/api/ids.ts';
import type { Unfinished } from '../../core/api/messages.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import type { Layouts } from './layout.ts';
import {
  readKey,
  readObject,
  readRecord,
  readRecordInPlace,
  readSlot,
  readVector,
  writeKey,
  writeObject,
  writeRecord,
  writeVector,
} from './records.ts';

type DataKind =
  | 'read'
  | 'value'
  | 'write'
  | 'stored'
  | 'hold'
  | 'push'
  | 'pull'
  | 'page'
  | 'exchanged'
  | 'listed';

export const DATA_LAYOUTS: Layouts<DataKind> = {
  read: {
    write: (w, m) => {
      w.count(m.call);
      writeKey(w, m.key);
    },
    read: (r) => ({ kind: 'read', call: r.count(), key: readKey(r) }),
  },
  value: {
    write: (w, m) => {
      w.count(m.call);
      w.optional(m.object, writeObject);
    },
    read: (r) => ({ kind: 'value', call: r.count(), object: r.optional(readObject) }),
  },
  write: {
    write: (w, m) => {
      w.count(m.call);
      writeKey(w, m.key);
      writeObject(w, m.object);
    },
    read: (r) => ({ kind: 'write', call: r.count(), key: readKey(r), object: readObject(r) }),
  },
  stored: {
    write: (w, m) => {
      w.count(m.call);
      w.optional(m.report, writeVector);
    },
    read: (r) => ({ kind: 'stored', call: r.count(), report: r.optional(readVector) }),
  },
  hold: {
    write: (w, m) => {
      w.count(m.call);
      w.text(m.target);
      w.count(m.sinceMs);
      writeRecord(w, m.record);
    },
    read: (r) => ({
      kind: 'hold',
      call: r.count(),
      target: r.text() as Incarnation,
      sinceMs: r.count(),
      record: readRecord(r),
    }),
  },
  push: {
    write: (w, m) => {
      w.count(m.call);
      w.count(m.slot);
      w.list(m.records, writeRecord);
    },
    read: (r) => ({
      kind: 'push',
      call: r.count(),
      slot: readSlot(r),
      records: r.list(readRecord),
    }),
  },
  pull: {
    write: (w, m) => {
      w.count(m.call);
      w.text(m.change);
      w.list(m.slots, (each, slot) => each.count(slot));
      w.optional(m.after, writeKey);
    },
    read: (r) => ({
      kind: 'pull',
      call: r.count(),
      change: r.text() as ChangeId,
      slots: r.list(readSlot),
      after: r.optional(readKey),
    }),
  },
  page: {
    write: (w, m) => {
      w.count(m.call);
      w.list(m.records, writeRecord);
      w.list(m.unfinished, writeUnfinished);
    },
    // Hundreds of records that go straight to the store: one copy of them all is enough.
    read: (r) => {
      r.detach();
      return {
        kind: 'page',
        call: r.count(),
        records: r.list(readRecordInPlace),
        unfinished: r.list(readUnfinished),
      };
    },
  },
  exchanged: {
    write: (w, m) => {
      w.count(m.call);
      w.list(m.records, writeRecord);
      w.list(m.wanted, writeKey);
    },
    read: (r) => ({
      kind: 'exchanged',
      call: r.count(),
      records: r.list(readRecord),
      wanted: r.list(readKey),
    }),
  },
  listed: {
    write: (w, m) => {
      w.count(m.call);
      w.list(m.records, writeRecord);
      w.optional(m.next, writeKey);
    },
    read: (r) => ({
      kind: 'listed',
      call: r.count(),
      records: r.list(readRecord),
      next: r.optional(readKey),
    }),
  },
};

function writeUnfinished(writer: ByteWriter, { slot, after }: Unfinished): void {
  writer.count(slot);
  writer.optional(after, writeKey);
}

function readUnfinished(reader: ByteReader): Unfinished {
  return { slot: readSlot(reader), after: reader.optional(readKey) };
}
