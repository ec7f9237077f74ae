// Arbitrary envelopes of every kind, as the replica makes them.
import { changeId, epoch, incarnation, nodeId, requestId, zone } from '../../../core/api/ids.ts';
import type { Envelope, PeerMessage } from '../../../core/api/messages.ts';
import type { Key, Vector, VersionedObject } from '../../../core/api/object.ts';
import type { ClientRequest, ClientResult } from '../../../core/api/requests.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { ERRORS, type ErrorCode } from '../../../core/errors.ts';
import { LEAVES } from '../../../core/limits.ts';
import { withoutBytes } from '../../../node/codec/object.ts';
import { atRest } from '../../core/membership/at-rest.ts';
import { fc } from '../../properties.ts';

export type Kind = PeerMessage['kind'];

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const whole = fc.oneof(fc.nat(300), fc.maxSafeNat());
const slot = fc.nat(4095);
const text = fc.string({ unit: 'binary', maxLength: 20 });
const word = fc.string({ maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 300 });
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { freq: 2 });
const several = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 4 });

const key: fc.Arbitrary<Key> = fc.record(
  { text, high: uint32, low: uint32 },
  { noNullPrototype: true },
);

const actor = fc
  .tuple(fc.maxSafeNat(), fc.nat(20))
  .map(([name, term]) => `${name.toString(16).padStart(16, '0')}.${term}`);

function vectorOf(length: { minLength: number }): fc.Arbitrary<Vector> {
  return fc.uniqueArray(actor, { ...length, maxLength: 4 }).chain((actors) =>
    fc.record(
      {
        actors: fc.constant(actors.sort()),
        counters: fc.array(whole, { minLength: actors.length, maxLength: actors.length }),
      },
      { noNullPrototype: true },
    ),
  );
}

const object: fc.Arbitrary<VersionedObject> = vectorOf({ minLength: 1 }).chain((context) =>
  fc.record(
    {
      context: fc.constant(context),
      siblings: several(
        fc.record(
          {
            dot: fc.record(
              { actor: fc.constantFrom(...context.actors), counter: whole },
              { noNullPrototype: true },
            ),
            value: optional(bytes),
            contentType: word,
            time: whole,
            expiresAtMs: whole,
          },
          { noNullPrototype: true },
        ),
      ),
    },
    { noNullPrototype: true },
  ),
);

const keyRecord = fc.record({ key, object }, { noNullPrototype: true });
const vector = vectorOf({ minLength: 0 });
const code = fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[]));
const uint32s = (length: number): fc.Arbitrary<Uint32Array> =>
  fc.uint32Array({ minLength: length, maxLength: length });
const digests = several(key).chain((keys) =>
  fc.record(
    {
      keys: fc.constant(keys),
      digests: uint32s(keys.length * 2),
    },
    { noNullPrototype: true },
  ),
);

const request = fc.oneof<fc.Arbitrary<ClientRequest>[]>(
  shape({
    kind: fc.constant('read' as const),
    id: word.map(requestId),
    key,
    quorum: optional(fc.nat(7)),
  }),
  shape({
    kind: fc.constant('write' as const),
    id: word.map(requestId),
    key,
    value: optional(bytes),
    contentType: word,
    expiresAtMs: whole,
    context: optional(vector),
    condition: fc.oneof(
      shape({ kind: fc.constantFrom('any' as const, 'absent' as const) }),
      shape({ kind: fc.constant('matches' as const), etags: several(word) }),
    ),
    quorum: optional(fc.nat(7)),
  }),
  shape({
    kind: fc.constant('list' as const),
    id: word.map(requestId),
    slot,
    after: optional(key),
    prefix: text,
    limit: fc.nat(1000),
  }),
);

const result = fc.oneof<fc.Arbitrary<ClientResult>[]>(
  object.chain(({ context, siblings }) =>
    shape({
      kind: fc.constant('value' as const),
      siblings: fc.constant(siblings),
      context: fc.constant(context),
      etag: word,
    }),
  ),
  shape({ kind: fc.constant('written' as const), context: vector, etag: word }),
  shape({
    kind: fc.constant('keys' as const),
    keys: several(shape({ key, etag: word })),
    next: optional(key),
  }),
  fc.record(
    {
      kind: fc.constant('failed' as const),
      code,
      message: word,
      maybeApplied: fc.boolean(),
      needed: fc.nat(7),
      answered: fc.nat(7),
    },
    { requiredKeys: ['kind', 'code', 'message', 'maybeApplied'], noNullPrototype: true },
  ),
);

const BODIES: { readonly [K in Kind]: fc.Arbitrary<Extract<PeerMessage, { kind: K }>> } = {
  coordinate: message('coordinate', { call: whole, life: whole, request }),
  read: message('read', { call: whole, key }),
  write: message('write', { call: whole, key, object }),
  hold: message('hold', {
    call: whole,
    target: word.map(incarnation),
    sinceMs: whole,
    record: keyRecord,
  }),
  push: message('push', { call: whole, slot, records: several(keyRecord) }),
  pull: message('pull', {
    call: whole,
    change: word.map(changeId),
    slots: several(slot),
    after: optional(key),
  }),
  compare: message('compare', {
    call: whole,
    roots: several(shape({ slot, high: uint32, low: uint32 })),
  }),
  exchange: message('exchange', {
    call: whole,
    slot,
    leaf: fc.nat(LEAVES - 1),
    after: optional(key),
    until: optional(key),
    held: digests,
  }),
  collect: message('collect', { call: whole, slot, tombstones: digests }),
  list: message('list', {
    call: whole,
    slot,
    after: optional(key),
    prefix: text,
    limit: fc.nat(1000),
  }),
  coordinated: message('coordinated', { call: whole, result }),
  value: message('value', { call: whole, object: optional(object) }),
  stored: message('stored', { call: whole, report: optional(vector) }),
  page: message('page', {
    call: whole,
    records: several(keyRecord),
    unfinished: several(shape({ slot, after: optional(key) })),
  }),
  compared: message('compared', {
    call: whole,
    unequal: several(shape({ slot, leaves: uint32s(LEAVES * 2) })),
    equal: several(slot),
  }),
  exchanged: message('exchanged', {
    call: whole,
    records: several(keyRecord),
    wanted: several(key),
  }),
  listed: message('listed', { call: whole, records: several(keyRecord), next: optional(key) }),
  refused: message('refused', { call: whole, code }),
  heartbeat: message('heartbeat', { life: whole }),
  'fetch-document': message('fetch-document', {}),
  document: fc.nat(1e6).map((at) => ({ kind: 'document', document: documentAt(at) })),
};

export const KINDS = Object.keys(BODIES) as Kind[];

/** An envelope of this kind, from `a` to `b` unless told otherwise. */
export function envelopeOf(
  kind: Kind,
  ends: { from: string; to: string } = { from: 'a', to: 'b' },
): fc.Arbitrary<Envelope> {
  return shape({
    from: fc.constant(incarnation(ends.from)),
    to: fc.constant(incarnation(ends.to)),
    epoch: whole.map(epoch),
    documentHash: fc.constantFrom('', '0123456789abcdef'),
    clock: whole,
    body: BODIES[kind],
    about: fc.option(word.map(requestId)),
  });
}

export const anyEnvelope: fc.Arbitrary<Envelope> = fc.oneof(
  ...KINDS.map((kind) => envelopeOf(kind)),
);

function shape<T>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

function message<K extends Kind>(
  kind: K,
  fields: Omit<
    {
      [Name in keyof Extract<PeerMessage, { kind: K }>]: fc.Arbitrary<
        Extract<PeerMessage, { kind: K }>[Name]
      >;
    },
    'kind'
  >,
): fc.Arbitrary<Extract<PeerMessage, { kind: K }>> {
  return fc.record(
    { kind: fc.constant(kind), ...fields },
    { noNullPrototype: true },
  ) as unknown as fc.Arbitrary<Extract<PeerMessage, { kind: K }>>;
}

function documentAt(at: number): RingDocument {
  const seat = { incarnation: incarnation('0123456789abcdef'), zone: zone('z') };
  return atRest({
    epoch: epoch(at),
    slotBits: 3,
    members: [
      { id: nodeId('dev-0'), address: '127.0.0.1:1', state: 'serving', lost: false, ...seat },
    ],
    current: {
      layout: { kind: 'flat' },
      replicationFactor: 3,
      readQuorum: 2,
      writeQuorum: 2,
      seats: [seat],
      owners: [new Uint16Array(8)],
    },
    progress: { sinceMs: at, fullBarrier: epoch(at) },
  });
}

/** The envelope without the bytes that a page's records carry along: those are a copy, no content. */
export function bare(envelope: Envelope): Envelope {
  const { body } = envelope;
  if (body.kind !== 'page') return envelope;
  const records = body.records.map(({ key, object }) => ({ key, object: withoutBytes(object) }));
  return { ...envelope, body: { ...body, records } };
}
