// The replica's side: what it answers to peers' questions, and when it refuses (R4, I5).
import type { Envelope, PeerAnswer, PeerQuestion, Unfinished } from '../api/messages.ts';
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Key, KeyRecord, VersionedObject } from '../api/object.ts';
import { defined } from '../assert.ts';
import type { ErrorCode } from '../errors.ts';
import { PAGE_BYTES, PAGE_RECORDS, STREAM_RECORDS, STREAM_SLOTS_MAX } from '../limits.ts';
import { slotSets } from '../membership/document.ts';
import { compareKeys } from '../ring/hash.ts';
import { rootOf } from '../version/digest.ts';
import { recordBytes } from '../version/record-bytes.ts';
import { objectBytes, objectDigest } from '../version/siblings.ts';
import { coversDot } from '../version/vector.ts';
import { refusal } from './adoption.ts';
import { leafBounds } from './anti-entropy.ts';
import { holds, mergeIn, readObject, slotOfKey } from './cells.ts';
import { dropTombstones } from './collection.ts';
import { tallyHandoff } from './counters.ts';
import { withDigest } from './digests.ts';
import { holdHint } from './hints.ts';
import { listPage } from './listing.ts';
import type { Replica, Scanned } from './state.ts';
import { enforces, isServing, scanSlot, send, whenDurable } from './state.ts';

type Question<K extends PeerQuestion['kind']> = Extract<PeerQuestion, { kind: K }>;
/** An answer before its call id is put on. */
type Word = PeerAnswer extends infer A ? (A extends PeerAnswer ? Omit<A, 'call'> : never) : never;

/** A question with the way back to who asked it. */
interface Asked {
  readonly from: Incarnation;
  /** Why it may not be acted upon, asked again at the moment of acting (R4). */
  readonly refusal: (slot: Slot) => ErrorCode | null;
  readonly answer: (word: Word) => void;
}

/** Answers a question planned under an epoch that this node has reached. */
export function serve(
  r: Replica,
  envelope: Envelope,
  question: Exclude<PeerQuestion, Question<'coordinate'>>,
): void {
  const asked: Asked = {
    from: envelope.from,
    refusal: (slot) => refusal(r, slot, envelope.epoch),
    answer: (word) => send(r, envelope.from, { ...word, call: question.call }, envelope.about),
  };
  if (question.kind === 'hold') return hold(r, question, asked);
  if (question.kind === 'compare') return compare(r, question, asked);
  if (question.kind === 'pull') return page(r, question, asked);
  const slot = 'key' in question ? slotOfKey(r, question.key) : question.slot;
  const code = asked.refusal(slot);
  if (code !== null) return asked.answer({ kind: 'refused', code });
  switch (question.kind) {
    case 'read':
      return read(r, question, asked);
    case 'write':
      return write(r, question, asked);
    case 'push':
      return push(r, question, asked);
    case 'exchange':
      return exchange(r, question, asked);
    case 'collect':
      return dropTombstones(r, question.tombstones, () =>
        whenDurable(r, () => asked.answer({ kind: 'stored', report: null })),
      );
    case 'list':
      return listPage(r, question, (listed) =>
        asked.answer(
          listed === null
            ? { kind: 'refused', code: 'CORRUPT_RECORD' }
            : { kind: 'listed', ...listed },
        ),
      );
  }
}

function read(r: Replica, { key }: Question<'read'>, asked: Asked): void {
  readObject(r, key, (object) => {
    const code = object === 'corrupt' ? 'CORRUPT_RECORD' : asked.refusal(slotOfKey(r, key));
    asked.answer(
      code !== null
        ? { kind: 'refused', code }
        : { kind: 'value', object: object === 'corrupt' ? null : object },
    );
  });
}

function write(r: Replica, { key, object }: Question<'write'>, asked: Asked): void {
  mergeIn(
    r,
    key,
    object,
    (merged) =>
      asked.answer(merged.kind === 'merged' ? { kind: 'stored', report: merged.report } : merged),
    (own) =>
      asked.refusal(slotOfKey(r, key)) ??
      (r.diskFull && addsValue(own, object) ? 'DISK_FULL' : null),
  );
}

/** Deletes go on while the disk is full: they are what frees it. */
function addsValue(own: VersionedObject | null, object: VersionedObject): boolean {
  return object.siblings.some(
    ({ value, dot }) => value !== null && (own === null || !coversDot(own.context, dot)),
  );
}

function push(r: Replica, { slot, records }: Question<'push'>, asked: Asked): void {
  mergeAll(
    r,
    records,
    () => asked.refusal(slot),
    (code) =>
      asked.answer(code === null ? { kind: 'stored', report: null } : { kind: 'refused', code }),
  );
}

/** Merges records one by one; `done` once all are durable, with the first refusal if any. */
function mergeAll(
  r: Replica,
  records: readonly KeyRecord[],
  refused: () => ErrorCode | null,
  done: (code: ErrorCode | null) => void,
): void {
  let open = records.length;
  let first: ErrorCode | null = null;
  if (open === 0) return done(null);
  for (const { key, object } of records) {
    mergeIn(
      r,
      key,
      object,
      (merged) => {
        if (merged.kind === 'refused') first ??= merged.code;
        if (--open === 0) done(first);
      },
      refused,
    );
  }
}

function hold(r: Replica, question: Question<'hold'>, asked: Asked): void {
  if (!isServing(r) || r.diskFull)
    return asked.answer({ kind: 'refused', code: r.diskFull ? 'DISK_FULL' : 'NOT_SERVING' });
  holdHint(r, question, (kept) =>
    asked.answer(kept ? { kind: 'stored', report: null } : { kind: 'refused', code: 'OVERLOADED' }),
  );
}

/** R6: a page of the streams; this node has adopted the change's epoch, or refusal() would have said no. */
function page(r: Replica, { change, slots, after }: Question<'pull'>, asked: Asked): void {
  const { document } = r;
  const code = firstRefusal(slots, asked);
  if (code !== null) return asked.answer({ kind: 'refused', code });
  if (document?.change?.id !== change || document.phase !== 'write-both') {
    return asked.answer({ kind: 'refused', code: 'STALE_EPOCH' });
  }
  const room = {
    until: null,
    limit: Math.max(PAGE_RECORDS, Math.ceil(STREAM_RECORDS / slots.length)),
    bytesMax: Math.ceil(PAGE_BYTES / slots.length),
  };
  const pages = new Array<Scanned>(slots.length);
  let open = slots.length;
  slots.forEach((slot, i) => {
    const from = i === 0 ? after : null;
    scanSlot(r, { slot, after: from, ...room }, (scanned) => {
      pages[i] = scanned;
      if (--open === 0) answerPage(r, slots, pages, asked);
    });
  });
}

function firstRefusal(slots: readonly Slot[], asked: Asked): ErrorCode | null {
  if (slots.length === 0 || slots.length > STREAM_SLOTS_MAX) return 'BAD_REQUEST';
  for (const slot of slots) {
    const code = asked.refusal(slot);
    if (code !== null) return code;
  }
  return null;
}

/**
 * What has room on one page: the first slot's records, and of the others those that fit beside them.
 * A slot with a damaged record has no page until it is healed: it would be covered without it (R9).
 */
function answerPage(
  r: Replica,
  slots: readonly Slot[],
  pages: readonly Scanned[],
  asked: Asked,
): void {
  const code = firstRefusal(slots, asked);
  if (code !== null) return asked.answer({ kind: 'refused', code });
  const records: KeyRecord[] = [];
  const unfinished: Unfinished[] = [];
  let bytes = 0;
  pages.forEach(({ records: found, corrupt, next }, i) => {
    const slot = slots[i]!;
    r.corrupt.push(...corrupt);
    const size = found.reduce((sum, { key, object }) => sum + recordBytes(key, object), 0);
    const isTooMuch = records.length > 0 && bytes + size > PAGE_BYTES;
    if (corrupt.length > 0 || isTooMuch) {
      unfinished.push({ slot, after: null });
      return;
    }
    if (next !== null) unfinished.push({ slot, after: next });
    records.push(...found);
    bytes += size;
  });
  tallyHandoff(r, 'out', { peer: asked.from, keys: records.length, bytes });
  asked.answer({ kind: 'page', records, unfinished });
}

/** Says which slots are equal, once what the digests vouch for is durable (R2). */
function compare(r: Replica, { roots }: Question<'compare'>, asked: Asked): void {
  const held = roots.filter(({ slot }) => asked.refusal(slot) === null);
  const equal: Slot[] = [];
  const unequal: { slot: Slot; leaves: Uint32Array }[] = [];
  let open = held.length;
  const done = (): void => whenDurable(r, () => asked.answer({ kind: 'compared', equal, unequal }));
  if (open === 0) return asked.answer({ kind: 'refused', code: 'NOT_A_REPLICA' });
  for (const { slot, high, low } of held) {
    withDigest(r, slot, ({ leaves }) => {
      const own = rootOf(leaves);
      if (own.high === high && own.low === low) equal.push(slot);
      else unequal.push({ slot, leaves: leaves.slice() });
      if (--open === 0) done();
    });
  }
}

/** What the asker lacks of this leaf, and what it has that this node lacks. */
function exchange(r: Replica, question: Question<'exchange'>, asked: Asked): void {
  const { slot, leaf, after, until, held } = question;
  const bounds = leafBounds(r, slot, leaf);
  const range = {
    slot,
    after: after ?? bounds.after,
    until: until ?? bounds.until,
    limit: PAGE_RECORDS,
    bytesMax: PAGE_BYTES,
  };
  const theirs = new Map(held.keys.map((key, i) => [key.text, i]));
  const wanted = new Map<string, Key>(held.keys.map((key) => [key.text, key]));
  scanSlot(r, range, (scanned) => {
    r.corrupt.push(...scanned.corrupt);
    const records: KeyRecord[] = [];
    let bytes = 0;
    for (const record of scanned.records) {
      const i = theirs.get(record.key.text);
      const own = objectDigest(record.key, record.object);
      if (
        i !== undefined &&
        own.high === held.digests[i * 2] &&
        own.low === held.digests[i * 2 + 1]
      ) {
        wanted.delete(record.key.text);
        continue;
      }
      bytes += objectBytes(record.object);
      if (records.length === 0 || bytes <= PAGE_BYTES) records.push(record);
    }
    // What lies beyond this page was not compared: neither side may conclude anything about it.
    const seenUntil = scanned.next;
    const compared = [...wanted.values()].filter(
      (key) => seenUntil === null || compareKeys(key, seenUntil) <= 0,
    );
    asked.answer({ kind: 'exchanged', records, wanted: compared });
  });
}

/** True where this node may begin to coordinate a write of the slot: it is asked by reads, and stays a replica. */
export function mayCoordinate(r: Replica, slot: Slot): boolean {
  const { members } = slotSets(defined(r.document, 'a document'), slot).reads;
  const isAsked = members.includes(r.incarnation) && holds(r, slot);
  return isServing(r) && (isAsked || !enforces(r, 'R4'));
}
