// A client's read: R replicas' word merged, the stale ones among them repaired (Dynamo 2007 §5.1).
import type { Incarnation, RequestId } from '../api/ids.ts';
import type { Key, KeyRecord, Sibling, VersionedObject } from '../api/object.ts';
import type {
  ClientResult,
  FailedResult,
  ListRequest,
  ReadRequest,
  ReadResult,
} from '../api/requests.ts';
import { defined } from '../assert.ts';
import { slotSets } from '../membership/document.ts';
import { compareKeys } from '../ring/hash.ts';
import {
  etagOf,
  latestSibling,
  liveSiblings,
  mergeObjects,
  sameVersions,
} from '../version/siblings.ts';
import { EMPTY_VECTOR } from '../version/vector.ts';
import { mergeIn, readObject, slotOfKey } from './cells.ts';
import { tally } from './counters.ts';
import { listPage } from './listing.ts';
import { QuorumRead, unready } from './quorum.ts';
import type { Replica } from './state.ts';
import { ask, isServing } from './state.ts';

/** What a replica holds of a key; `none` and a value are both words, a missing answer is not. */
type Held = { readonly object: VersionedObject | null };

/** Merges a quorum's word about one key; null: no replica of it holds anything. */
export function quorumObject(
  r: Replica,
  wish: Pick<ReadRequest, 'id' | 'key' | 'quorum'>,
  done: (object: VersionedObject | null) => void,
  failed: (result: FailedResult) => void,
): void {
  const { id, key, quorum } = wish;
  new QuorumRead<Held>(r, {
    id,
    slot: slotOfKey(r, key),
    quorum,
    what: 'the read',
    own: (then) => readObject(r, key, (object) => then(object === 'corrupt' ? null : { object })),
    question: (call) => ({ kind: 'read', call, key }),
    read: (answer) => (answer.kind === 'value' ? { object: answer.object } : null),
    done: (answers) => {
      let merged: VersionedObject | null = null;
      for (const { object } of answers.values())
        if (object !== null) merged = mergeObjects(merged, object);
      if (merged !== null) readRepair(r, { id, record: { key, object: merged } }, answers);
      done(merged);
    },
    failed,
  });
}

/** Writes the merged object back to the replicas that a read found stale. */
function readRepair(
  r: Replica,
  { id, record }: { readonly id: RequestId; readonly record: KeyRecord },
  answers: ReadonlyMap<Incarnation, Held>,
): void {
  const { key, object: merged } = record;
  const slot = slotOfKey(r, key);
  for (const [member, { object }] of answers) {
    if (object !== null && sameVersions(object, merged)) continue;
    tally(r, 'read-repairs');
    if (member === r.incarnation) mergeIn(r, key, merged, () => undefined);
    else
      ask(
        r,
        member,
        (call) => ({ kind: 'push', call, slot, records: [record] }),
        () => undefined,
        { about: id },
      );
  }
}

export function read(
  r: Replica,
  request: ReadRequest,
  reply: (result: ClientResult) => void,
): void {
  const done = (object: VersionedObject | null): void => {
    const value = valueOf(r, object);
    if (value.siblings.length > 1) tally(r, 'sibling-reads');
    reply(value);
  };
  if (isOwnWordEnough(r, request)) readAlone(r, request, done, reply);
  else quorumObject(r, request, done, reply);
}

/** R = 1, and this node is one of those whom a read asks. */
function isOwnWordEnough(r: Replica, { key, quorum }: ReadRequest): boolean {
  const { members, read: needed } = slotSets(
    defined(r.document, 'a document'),
    slotOfKey(r, key),
  ).reads;
  return Math.min(quorum ?? needed, members.length) === 1 && members.includes(r.incarnation);
}

/** Without the bookkeeping of a quorum, which would cost more than the read. */
function readAlone(
  r: Replica,
  request: ReadRequest,
  done: (object: VersionedObject | null) => void,
  failed: (result: FailedResult) => void,
): void {
  const { document } = r;
  readObject(r, request.key, (object) => {
    if (object !== 'corrupt' && r.document === document) {
      tally(r, 'read-ok');
      return done(object);
    }
    // Damaged here, or planned under a document that is no longer in force (R5): asked for anew.
    const refused = isServing(r) ? null : unready(r);
    if (refused !== null) failed(refused);
    else quorumObject(r, request, done, failed);
  });
}

/** What the client sees of an object; under lastWriterWins the one newest value. */
export function valueOf(r: Replica, object: VersionedObject | null): ReadResult {
  if (object === null) return { kind: 'value', siblings: [], context: EMPTY_VECTOR, etag: '' };
  return {
    kind: 'value',
    siblings: visible(r, object),
    context: object.context,
    etag: etagOf(object),
  };
}

/** The live values that count; a tombstone that is the last writer hides what it did not see. */
export function visible(r: Replica, object: VersionedObject): readonly Sibling[] {
  const live = liveSiblings(object, r.nowMs);
  if (defined(r.document, 'a document').conflicts === 'siblings' || live.length === 0) return live;
  const last = latestSibling(object.siblings);
  return last !== null && live.includes(last) ? [last] : [];
}

/** One page of a slot's keys as R replicas see it. */
export function list(
  r: Replica,
  request: ListRequest,
  reply: (result: ClientResult) => void,
): void {
  const { id, slot, after, prefix, limit } = request;
  new QuorumRead<Listed>(r, {
    id,
    slot,
    quorum: null,
    what: 'the listing',
    own: (then) => listPage(r, request, then),
    question: (call) => ({ kind: 'list', call, slot, after, prefix, limit }),
    read: (answer) => (answer.kind === 'listed' ? answer : null),
    done: (answers) => reply(mergePages(r, request, [...answers.values()])),
    failed: reply,
  });
}

interface Listed {
  readonly records: readonly KeyRecord[];
  readonly next: Key | null;
}

/** Pages reach differently far: only up to the shortest one every replica has spoken. */
function mergePages(r: Replica, request: ListRequest, pages: readonly Listed[]): ClientResult {
  let end: Key | null = null;
  const merged = new Map<string, KeyRecord>();
  for (const { records, next } of pages) {
    if (next !== null && (end === null || compareKeys(next, end) < 0)) end = next;
    for (const { key, object } of records) {
      const known = merged.get(key.text)?.object ?? null;
      merged.set(key.text, { key, object: mergeObjects(known, object) });
    }
  }
  const keys = [...merged.values()]
    .filter(
      ({ key, object }) =>
        (end === null || compareKeys(key, end) <= 0) && visible(r, object).length > 0,
    )
    .sort((a, b) => compareKeys(a.key, b.key));
  const page = keys.slice(0, request.limit);
  const next = keys.length > page.length ? page.at(-1)!.key : end;
  return {
    kind: 'keys',
    keys: page.map(({ key, object }) => ({ key, etag: etagOf(object) })),
    next,
  };
}
