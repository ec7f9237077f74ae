// Who may speak on a connection. Both ends say hello with a nonce, then prove that they know the
// cluster's secret by an HMAC over both hellos, nonces included:
//
//   dialer    hello ─────────▶            acceptor
//             ◀───────── hello
//             proof ─────────▶            refuses a stranger before it proves anything itself
//             ◀───────── proof
//
// The proof starts with the prover's role, so that it cannot be reflected. It protects the start of
// the connection: whoever can change packets later needs TLS to be stopped, for which a flag is kept.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ClusterId, Epoch, Incarnation } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import type { Hello } from './transport.ts';

const MAGIC = Buffer.from('RKPR');
/** No flag is in use. Bit 0 is kept for "TLS starts after this hello". */
const FLAGS = 0;
const NONCE_BYTES = 32;
const NONCE_AT = MAGIC.length + 1;
const TEXT_AT = NONCE_AT + NONCE_BYTES;

export interface HandshakeOptions {
  readonly own: Hello;
  readonly secret: string | Uint8Array;
  /** Whom the dialer means to reach; null: this end was dialed. */
  readonly target: Incarnation | null;
}

export interface Handshake {
  /** What to send before anything arrives; null: wait. */
  readonly opening: Buffer | null;
  /** Takes the other end's next frame. Throws HANDSHAKE_REFUSED where nothing is to be sent to it. */
  take(frame: Buffer): HandshakeStep;
}

export interface HandshakeStep {
  readonly send: Buffer | null;
  /** Set when the other end has proved itself and fits: the handshake is over. */
  readonly peer: Hello | null;
  /** Why the connection must be closed once `send` has left; null: it goes on. */
  readonly refused: RingError | null;
}

/** A hello as it travels: the HMAC covers its exact bytes. */
interface SentHello {
  readonly bytes: Buffer;
  readonly hello: Hello;
  readonly target: Incarnation | null;
}

export function startHandshake(options: HandshakeOptions): Handshake {
  const own = encodeHello(options);
  return options.target === null ? accepting(own, options) : dialing(own, options);
}

function dialing(own: Buffer, options: HandshakeOptions): Handshake {
  let other: SentHello | null = null;
  return {
    opening: own,
    take(frame) {
      if (other === null) {
        other = decodeHello(frame);
        check(options, other);
        return more(prove('dialer', options.secret, own, other.bytes));
      }
      verify(frame, prove('acceptor', options.secret, own, other.bytes));
      return { send: null, peer: other.hello, refused: null };
    },
  };
}

function accepting(own: Buffer, options: HandshakeOptions): Handshake {
  let other: SentHello | null = null;
  return {
    opening: null,
    take(frame) {
      if (other === null) {
        other = decodeHello(frame);
        // The dialer gets the hello all the same: it can then say itself what does not fit.
        return { ...more(own), refused: refusalOf(options, other) };
      }
      verify(frame, prove('dialer', options.secret, other.bytes, own));
      const send = prove('acceptor', options.secret, other.bytes, own);
      return { send, peer: other.hello, refused: null };
    },
  };
}

const more = (send: Buffer): HandshakeStep => ({ send, peer: null, refused: null });

/**
 * Why these two may not speak, null when they may. A node without a cluster is let in: it can only
 * fetch a document or be sent one, which its replica sees to (I5).
 */
export function refusalOf(
  { own, target }: Pick<HandshakeOptions, 'own' | 'target'>,
  other: { readonly hello: Hello; readonly target: Incarnation | null },
): RingError | null {
  const { hello } = other;
  if (target !== null && hello.incarnation !== target) {
    return refused(`${hello.incarnation} answers where ${target} was meant to be`);
  }
  if (target === null && other.target !== own.incarnation) {
    return refused(
      `${hello.incarnation} means to reach ${other.target ?? 'nobody'}, this is ${own.incarnation}`,
    );
  }
  if (hello.incarnation === own.incarnation) {
    return refused(`${hello.incarnation} is this node's own incarnation`);
  }
  if (own.clusterId !== null && hello.clusterId !== null && own.clusterId !== hello.clusterId) {
    return refused(`${hello.incarnation} is of cluster ${hello.clusterId}, not ${own.clusterId}`);
  }
  if (
    hello.protocolVersionMin > own.protocolVersionMax ||
    hello.protocolVersionMax < own.protocolVersionMin
  ) {
    return refused(
      `${hello.incarnation} speaks protocol versions ${versionsOf(hello)}, ` +
        `this node ${versionsOf(own)}`,
    );
  }
  return null;
}

const versionsOf = (hello: Hello): string =>
  `${hello.protocolVersionMin} to ${hello.protocolVersionMax}`;

function check(options: HandshakeOptions, other: SentHello): void {
  const refusal = refusalOf(options, other);
  if (refusal !== null) throw refusal;
}

function encodeHello({ own, target }: HandshakeOptions): Buffer {
  // JSON, and unknown fields are ignored: the one message that all versions must understand.
  const text = JSON.stringify({ ...own, target });
  return Buffer.concat([MAGIC, Buffer.of(FLAGS), randomBytes(NONCE_BYTES), Buffer.from(text)]);
}

function decodeHello(frame: Buffer): SentHello {
  if (frame.length < TEXT_AT || !frame.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw refused('what was received is no hello of a ring');
  }
  const flags = frame[MAGIC.length]!;
  if (flags !== FLAGS) throw refused(`the hello asks for flags ${flags} that are not known here`);
  // A copy: the frame is a view of what the socket received.
  return { bytes: Buffer.from(frame), ...parseHello(frame.toString('utf8', TEXT_AT)) };
}

function parseHello(text: string): { hello: Hello; target: Incarnation | null } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw refused('the hello is not JSON', cause);
  }
  if (typeof parsed !== 'object' || parsed === null) throw refused('the hello is no object');
  const fields = parsed as Record<string, unknown>;
  const hello: Hello = {
    incarnation: wordOf(fields, 'incarnation') as Incarnation,
    clusterId: fields['clusterId'] === null ? null : (wordOf(fields, 'clusterId') as ClusterId),
    epoch: wholeOf(fields, 'epoch') as Epoch,
    protocolVersionMin: wholeOf(fields, 'protocolVersionMin'),
    protocolVersionMax: wholeOf(fields, 'protocolVersionMax'),
    // Older builds do not say it, and would refuse a frame with a name.
    namesWanted: fields['namesWanted'] === true,
  };
  const target = fields['target'] === null ? null : (wordOf(fields, 'target') as Incarnation);
  return { hello, target };
}

function wordOf(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value)) return value;
  throw refused(`the hello's ${name} is not 1 to 128 visible ASCII characters`);
}

function wholeOf(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw refused(`the hello's ${name} is not a whole number`);
}

type Role = 'dialer' | 'acceptor';

function prove(
  role: Role,
  secret: string | Uint8Array,
  dialerHello: Buffer,
  acceptorHello: Buffer,
): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(dialerHello.length, 0);
  lengths.writeUInt32LE(acceptorHello.length, 4);
  return createHmac('sha256', secret)
    .update(`ringkeeper peer ${role}\n`)
    .update(lengths)
    .update(dialerHello)
    .update(acceptorHello)
    .digest();
}

function verify(proof: Buffer, expected: Buffer): void {
  if (proof.length === expected.length && timingSafeEqual(proof, expected)) return;
  throw refused("the proof does not fit this cluster's secret");
}

function refused(why: string, cause?: unknown): RingError {
  return new RingError('HANDSHAKE_REFUSED', why, cause === undefined ? undefined : { cause });
}
