// One socket from its first byte to its last: handshake, frames in, frames out, and every reason to
// hang up. Who may have a connection, and how many, is decided in tcp.ts.
import type { Socket } from 'node:net';
import type { Incarnation } from '../../core/api/ids.ts';
import type { Envelope } from '../../core/api/messages.ts';
import { RingError } from '../../core/errors.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { decodeEnvelope, encodeEnvelope, type Ends } from '../codec/envelope.ts';
import { FrameReader, writeFrame } from './frames.ts';
import { startHandshake, type Handshake } from './handshake.ts';
import { InFlight } from './in-flight.ts';
import type { Counters, TransportLimits } from './options.ts';
import type { Hello } from './transport.ts';

export interface ConnectionEvents {
  opened(connection: Connection, peer: Hello): void;
  received(envelope: Envelope): void;
  /** Something waits to be flushed at the end of this turn. */
  wrote(connection: Connection): void;
  /** Said once, when the connection is given up, before its socket is closed. */
  closed(connection: Connection, reason: RingError): void;
}

export interface ConnectionOptions {
  readonly hello: () => Hello;
  readonly secret: string | Uint8Array;
  /** Whom it was dialed for; null: it was accepted. */
  readonly target: Incarnation | null;
  readonly limits: TransportLimits;
  readonly counters: Counters;
  readonly events: ConnectionEvents;
}

export class Connection {
  readonly target: Incarnation | null;
  readonly remote: string;
  /** The socket is closed. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader: FrameReader;
  readonly #writer = new ByteWriter();
  readonly #inFlight: InFlight;
  #handshake: Handshake | null = null;
  /** Set once the peer has proved itself. */
  #ends: Ends | null = null;
  /** The peer wants to know which requests frames are about. */
  #isNamed = false;
  /** Ends the handshake when it is slow, and later a hang-up that the peer doesn't notice. */
  #patience: NodeJS.Timeout;
  #closed = false;
  #heard = false;
  #spoke = false;
  #silentProbes = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    const { limits, target } = options;
    this.#socket = socket;
    this.#options = options;
    this.target = target;
    this.remote = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    this.#reader = new FrameReader(limits.helloBytesMax);
    this.#inFlight = new InFlight(limits.inFlightMax);
    // Who was dialed and says nothing hangs: no stranger, and nobody to be told of as one.
    const late = target === null ? 'HANDSHAKE_REFUSED' : 'PEER_UNREACHABLE';
    this.#patience = setTimeout(
      () => this.destroy(new RingError(late, `no handshake within ${limits.handshakeMs} ms`)),
      limits.handshakeMs,
    );
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.destroy(new RingError('PEER_UNREACHABLE', 'the peer hung up'));
        clearTimeout(this.#patience);
        resolve();
      });
    });
    socket.on('error', (cause) =>
      this.destroy(new RingError('PEER_UNREACHABLE', cause.message, { cause })),
    );
    socket.on('data', (chunk) => this.#receive(chunk));
    if (socket.connecting) socket.once('connect', () => this.#greet());
    else this.#greet();
  }

  /** The peer once it has proved itself. */
  get peer(): Incarnation | null {
    return this.#ends?.from ?? null;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength + this.#writer.at;
  }

  /** That wait for answers. */
  get questions(): number {
    return this.#inFlight.count;
  }

  /** Takes the envelope for the flush at this turn's end: null; else says why it was dropped. */
  send(envelope: Envelope): string | null {
    const { limits, counters, events } = this.#options;
    const unsent = this.unsentBytes;
    if (unsent >= limits.unsentBytesMax) return `${unsent} bytes wait to be sent`;
    if (!this.#inFlight.sending(envelope))
      return `${this.#inFlight.count} questions wait for answers`;
    const length = writeFrame(this.#writer, limits.frameBytesMax, () =>
      encodeEnvelope(this.#writer, envelope, this.#isNamed),
    );
    if (length < 0) return `a ${envelope.body.kind} exceeds ${limits.frameBytesMax} bytes`;
    counters.framesOut++;
    events.wrote(this);
    return null;
  }

  /** Hands all frames of this turn to the socket as one piece. */
  flush(): void {
    if (this.#writer.at === 0 || this.#socket.destroyed) return;
    this.#spoke = true;
    this.#options.counters.bytesOut += this.#writer.at;
    this.#socket.write(this.#writer.take());
  }

  /** Once in a probe period: shows that this end lives, and gives up on a peer that doesn't. */
  probe(): void {
    const { limits } = this.#options;
    this.#silentProbes = this.#heard ? 0 : this.#silentProbes + 1;
    if (this.#silentProbes >= limits.silentProbesMax) {
      const silentMs = limits.probeMs * this.#silentProbes;
      return this.destroy(new RingError('PEER_UNREACHABLE', `silent for ${silentMs} ms`));
    }
    if (!this.#spoke) this.#write(Buffer.alloc(0));
    this.#heard = false;
    this.#spoke = false;
    this.#inFlight.turn();
  }

  /** Lets what was sent arrive, then closes. */
  hangUp(reason: RingError): void {
    if (this.#closed) return;
    this.flush();
    this.#socket.end();
    this.#giveUp(reason);
    this.#patience = setTimeout(() => this.#socket.destroy(), this.#options.limits.handshakeMs);
  }

  /** Closes at once. */
  destroy(reason: RingError): void {
    this.#socket.destroy();
    this.#giveUp(reason);
  }

  #giveUp(reason: RingError): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#patience);
    this.#options.events.closed(this, reason);
  }

  #greet(): void {
    const { hello, secret, target } = this.#options;
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, this.#options.limits.probeMs);
    this.#handshake = startHandshake({ own: hello(), secret, target });
    if (this.#handshake.opening !== null) this.#write(this.#handshake.opening);
  }

  /** One frame at once: the handshake's, or a probe. */
  #write(body: Buffer): void {
    const { limits } = this.#options;
    writeFrame(this.#writer, limits.frameBytesMax, () => {
      this.#writer.reserve(body.length);
      this.#writer.at += body.copy(this.#writer.bytes, this.#writer.at);
    });
    this.flush();
  }

  #receive(chunk: Buffer): void {
    this.#options.counters.bytesIn += chunk.length;
    this.#heard = true;
    this.#reader.add(chunk);
    while (!this.#closed) {
      const envelope = this.#nextOrClose();
      if (envelope === null) return;
      // Outside of any catch: what goes wrong in here is a bug of ours, not the peer's fault.
      this.#options.events.received(envelope);
    }
  }

  #nextOrClose(): Envelope | null {
    try {
      return this.#next();
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      this.destroy(error);
      return null;
    }
  }

  /** The next envelope of the chunk; frames of the handshake and probes are dealt with on the way. */
  #next(): Envelope | null {
    for (let frame = this.#reader.take(); frame !== null; frame = this.#reader.take()) {
      if (this.#ends === null) {
        this.#shakeHands(frame);
        if (this.#closed) return null;
      } else if (frame.length > 0) {
        const envelope = decodeEnvelope(frame, this.#ends);
        this.#options.counters.framesIn++;
        this.#inFlight.received(envelope);
        return envelope;
      }
    }
    return null;
  }

  #shakeHands(frame: Buffer): void {
    const { hello, limits, events } = this.#options;
    const { send, peer, refused } = this.#handshake!.take(frame);
    if (send !== null) this.#write(send);
    if (refused !== null) return this.hangUp(refused);
    if (peer === null) return;
    clearTimeout(this.#patience);
    this.#handshake = null;
    this.#reader.bytesMax = limits.frameBytesMax;
    this.#isNamed = peer.namesWanted;
    this.#ends = { from: peer.incarnation, to: hello().incarnation };
    events.opened(this, peer);
  }
}
