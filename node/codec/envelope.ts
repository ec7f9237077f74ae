// The bytes of an envelope. All layouts are written by hand, also those of rare messages: reading
// by field *is* the validation, typed arrays survive as they are, and no general decoder, with its
// extension types, stands open to the network. A layout changes only with the protocol version; the
// request's name is a part that may be there, and is sent only to who asks for it in its hello.
import type { Epoch, Incarnation, RequestId } from '../../core/api/ids.ts';
import type { Envelope, PeerMessage } from '../../core/api/messages.ts';
import { ByteReader, invalid, type ByteWriter } from './bytes.ts';
import type { Kind, Layout } from './layout.ts';
import { CONTROL_LAYOUTS } from './messages-control.ts';
import { DATA_LAYOUTS } from './messages-data.ts';

/** Wire codes are places in this list: only ever append. */
const KINDS = [
  'heartbeat',
  'read',
  'value',
  'write',
  'stored',
  'push',
  'pull',
  'page',
  'hold',
  'coordinate',
  'coordinated',
  'compare',
  'compared',
  'exchange',
  'exchanged',
  'collect',
  'list',
  'listed',
  'refused',
  'fetch-document',
  'document',
] as const satisfies readonly Kind[];

/** Each layout was proved to fit its own kind (Layouts); looked up by kind, it is given no other. */
const LAYOUTS: Record<Kind, Layout<PeerMessage>> = { ...DATA_LAYOUTS, ...CONTROL_LAYOUTS };
const CODES = Object.fromEntries(KINDS.map((kind, code) => [kind, code])) as Record<Kind, number>;

/** Stands in the kind's byte where the request's name follows it. */
const IS_NAMED = 0x80;

/** Who speaks to whom on a connection: the handshake has proved it, so envelopes don't repeat it. */
export interface Ends {
  readonly from: Incarnation;
  readonly to: Incarnation;
}

/** Appends the envelope without its ends, and with what it is about where `isNamed` wishes so. */
export function encodeEnvelope(writer: ByteWriter, envelope: Envelope, isNamed: boolean): void {
  const { body, about } = envelope;
  if (isNamed && about !== null) {
    writer.byte(CODES[body.kind] | IS_NAMED);
    writer.text(about);
  } else writer.byte(CODES[body.kind]);
  writer.count(envelope.epoch);
  writer.number(envelope.clock);
  writer.text(envelope.documentHash);
  LAYOUTS[body.kind].write(writer, body);
}

/** Throws FRAME_INVALID for bytes that encodeEnvelope does not make. Keeps no view of them. */
export function decodeEnvelope(bytes: Buffer, ends: Ends): Envelope {
  const reader = new ByteReader(bytes);
  const first = reader.byte();
  const code = first & ~IS_NAMED;
  const about = first === code ? null : (reader.text() as RequestId);
  const kind = KINDS[code];
  if (kind === undefined) throw invalid(`there is no message of code ${code}`);
  const epoch = reader.count() as Epoch;
  const clock = reader.whole();
  const documentHash = reader.text();
  const body = LAYOUTS[kind].read(reader);
  reader.end();
  return { from: ends.from, to: ends.to, epoch, documentHash, clock, body, about };
}
