// Layouts of what a key is and holds, shared by all messages. The object's own layout is the
// store's (object.ts): a record travels in the bytes that lie on disk.
import type { Slot } from '../../core/api/ids.ts';
import type { Key, KeyRecord, Vector, VersionedObject } from '../../core/api/object.ts';
import type { KeyDigests } from '../../core/api/messages.ts';
import { SLOT_BITS_MAX } from '../../core/limits.ts';
import { invalid, type ByteReader, type ByteWriter } from './bytes.ts';
import { decodeObject, decodeObjectWithBytes, encodeObjectInto, objectSize } from './object.ts';

/** The hash travels with the key: 8 bytes are cheaper than hashing again at each hop. */
export function writeKey(writer: ByteWriter, key: Key): void {
  writer.uint32(key.high);
  writer.uint32(key.low);
  writer.text(key.text);
}

export function readKey(reader: ByteReader): Key {
  const high = reader.uint32();
  const low = reader.uint32();
  return { text: reader.text(), high, low };
}

/** Below the most slots that any ring has; whether this ring has it is the replica's to check (R4). */
export function readSlot(reader: ByteReader): Slot {
  const slot = reader.count();
  if (slot >= 2 ** SLOT_BITS_MAX) throw invalid(`slot ${slot} of at most ${2 ** SLOT_BITS_MAX}`);
  return slot;
}

export function writeObject(writer: ByteWriter, object: VersionedObject): void {
  const size = objectSize(object);
  writer.count(size);
  writer.reserve(size);
  writer.at = encodeObjectInto(object, writer.bytes, writer.at);
}

/** The object's values are views of one copy of its bytes. */
export function readObject(reader: ByteReader): VersionedObject {
  return decodeObject(reader.blob());
}

export function writeRecord(writer: ByteWriter, record: KeyRecord): void {
  writeKey(writer, record.key);
  writeObject(writer, record.object);
}

export function readRecord(reader: ByteReader): KeyRecord {
  return { key: readKey(reader), object: readObject(reader) };
}

/** The record as a part of what is read: `reader` was detached, and who keeps it copies it. */
export function readRecordInPlace(reader: ByteReader): KeyRecord {
  return { key: readKey(reader), object: reader.view(decodeObjectWithBytes) };
}

export function writeVector(writer: ByteWriter, vector: Vector): void {
  writer.count(vector.actors.length);
  vector.actors.forEach((actor, i) => {
    writer.text(actor);
    writer.count(vector.counters[i]!);
  });
}

export function readVector(reader: ByteReader): Vector {
  const entries = reader.list((entry) => ({ actor: entry.text(), counter: entry.count() }));
  for (let i = 1; i < entries.length; i++) {
    if (entries[i - 1]!.actor >= entries[i]!.actor) throw invalid('actors do not ascend');
  }
  return {
    actors: entries.map(({ actor }) => actor),
    counters: entries.map(({ counter }) => counter),
  };
}

export function writeDigests(writer: ByteWriter, held: KeyDigests): void {
  writer.list(held.keys, writeKey);
  writer.uint32s(held.digests);
}

export function readDigests(reader: ByteReader): KeyDigests {
  const keys = reader.list(readKey);
  const digests = reader.uint32s();
  if (digests.length !== keys.length * 2) {
    throw invalid(`${digests.length} halves of digests for ${keys.length} keys`);
  }
  return { keys, digests };
}
