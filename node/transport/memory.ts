// The transport within one process, for tests of what stands on it. Envelopes pass through the codec,
// so that what would not survive the wire is noticed; pairs can be cut and healed.
import type { Incarnation } from '../../core/api/ids.ts';
import type { Envelope } from '../../core/api/messages.ts';
import { RingError } from '../../core/errors.ts';
import { FRAME_BYTES_MAX } from '../../core/limits.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { decodeEnvelope, encodeEnvelope } from '../codec/envelope.ts';
import { refusalOf } from './handshake.ts';
import { newCounters, type TransportLog } from './options.ts';
import type { Hello, PeerAddress, Transport, TransportEvents } from './transport.ts';

export interface MemoryOptions {
  readonly hello: () => Hello;
  /** Any word; peers reach it by this. */
  readonly address: string;
  readonly secret: string;
  readonly events: TransportEvents;
  readonly log?: (event: TransportLog) => void;
}

export interface MemoryNetwork {
  transport(options: MemoryOptions): Transport;
  /** Breaks the connection between two nodes and keeps it from coming back. */
  cut(a: Incarnation, b: Incarnation): void;
  heal(a: Incarnation, b: Incarnation): void;
}

export function openMemoryNetwork(): MemoryNetwork {
  const network = new Network();
  return {
    transport: (options) => new MemoryTransport(network, options),
    cut: (a, b) => network.cut(a, b),
    heal: (a, b) => network.heal(a, b),
  };
}

/** Knows everybody, and keeps the links that should be there. */
class Network {
  readonly nodes = new Map<string, MemoryTransport>();
  readonly #cuts = new Set<string>();
  #settling = false;

  cut(a: Incarnation, b: Incarnation): void {
    this.#cuts.add(pairOf(a, b));
    for (const node of this.nodes.values()) {
      if (node.self === a) node.unlink(b, 'the network is cut');
    }
  }

  heal(a: Incarnation, b: Incarnation): void {
    this.#cuts.delete(pairOf(a, b));
    this.settleSoon();
  }

  /** At the turn's end every node that wants a peer dials it once. */
  settleSoon(): void {
    if (this.#settling) return;
    this.#settling = true;
    setImmediate(() => {
      this.#settling = false;
      for (const node of this.nodes.values()) {
        for (const peer of node.missing()) this.#dial(node, peer);
      }
    });
  }

  #dial(dialer: MemoryTransport, peer: PeerAddress): void {
    const acceptor = this.nodes.get(peer.address);
    if (acceptor === undefined || this.#cuts.has(pairOf(dialer.self, acceptor.self))) {
      return dialer.failed(peer, new RingError('PEER_UNREACHABLE', 'nobody answers'));
    }
    const [own, hello] = [dialer.options.hello(), acceptor.options.hello()];
    const target = peer.incarnation;
    const stranger =
      dialer.options.secret === acceptor.options.secret
        ? null
        : new RingError('HANDSHAKE_REFUSED', "the proof does not fit this cluster's secret");
    const dialers = refusalOf({ own, target }, { hello, target: null });
    const acceptors = refusalOf({ own: hello, target: null }, { hello: own, target });
    const refusal = dialers ?? acceptors ?? stranger;
    if (refusal !== null) {
      acceptor.refusedStranger(dialer.options.address, acceptors ?? refusal);
      return dialer.failed(peer, refusal);
    }
    dialer.link(acceptor, true);
    acceptor.link(dialer, false);
  }
}

class MemoryTransport implements Transport {
  readonly options: MemoryOptions;
  readonly self: Incarnation;
  readonly #network: Network;
  readonly #counters = newCounters();
  readonly #peers = new Map<Incarnation, PeerAddress>();
  readonly #links = new Map<Incarnation, MemoryTransport>();
  readonly #unreachable = new Set<Incarnation>();
  #closed = false;

  constructor(network: Network, options: MemoryOptions) {
    this.options = options;
    this.self = options.hello().incarnation;
    this.#network = network;
    network.nodes.set(options.address, this);
    network.settleSoon();
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#peers.clear();
    for (const peer of peers) {
      if (peer.incarnation !== this.self) this.#peers.set(peer.incarnation, peer);
    }
    for (const peer of [...this.#links.keys()]) {
      if (!this.#peers.has(peer)) this.unlink(peer, 'it is no peer any more');
    }
    this.#network.settleSoon();
  }

  send(envelope: Envelope): void {
    if (this.#closed) return;
    const peer = this.#links.get(envelope.to);
    const bytes = encoded(envelope, peer?.options.hello().namesWanted === true);
    if (peer === undefined || bytes.length > FRAME_BYTES_MAX) {
      this.#counters.droppedFrames++;
      if (peer === undefined) this.#report(envelope.to);
      return;
    }
    this.#counters.framesOut++;
    this.#counters.bytesOut += bytes.length;
    setImmediate(() => peer.#receive(this.self, bytes));
  }

  stats(): ReturnType<Transport['stats']> {
    const connections = this.#links.size;
    return { ...this.#counters, connections, unsentBytes: 0, questions: 0 };
  }

  async close(): Promise<void> {
    // What was sent before is delivered in the turn before this one's end.
    await new Promise((resolve) => setImmediate(resolve));
    this.#closed = true;
    if (this.#network.nodes.get(this.options.address) === this) {
      this.#network.nodes.delete(this.options.address);
    }
    for (const peer of [...this.#links.keys()]) this.unlink(peer, 'the peer hung up');
  }

  missing(): PeerAddress[] {
    if (this.#closed) return [];
    return [...this.#peers.values()].filter(({ incarnation }) => !this.#links.has(incarnation));
  }

  link(peer: MemoryTransport, dialed: boolean): void {
    this.#links.set(peer.self, peer);
    this.#unreachable.delete(peer.self);
    this.#counters.connects++;
    const { epoch } = peer.options.hello();
    this.options.log?.({ kind: 'connected', peer: peer.self, epoch, dialed });
  }

  unlink(peer: Incarnation, reason: string): void {
    const other = this.#links.get(peer);
    if (other === undefined) return;
    this.#links.delete(peer);
    this.options.log?.({ kind: 'disconnected', peer, reason });
    this.#report(peer);
    other.unlink(this.self, reason);
    this.#network.settleSoon();
  }

  failed(peer: PeerAddress, reason: RingError): void {
    this.#report(peer.incarnation);
    if (reason.code === 'HANDSHAKE_REFUSED') this.#counters.refusedHellos++;
    if (this.#unreachable.has(peer.incarnation)) return;
    this.#unreachable.add(peer.incarnation);
    this.options.log?.({ kind: 'unreachable', peer: peer.incarnation, reason: reason.message });
  }

  refusedStranger(remote: string, reason: RingError): void {
    this.#counters.refusedHellos++;
    this.options.log?.({ kind: 'refused', remote, reason: reason.message });
  }

  #receive(from: Incarnation, bytes: Buffer): void {
    if (this.#closed || !this.#links.has(from)) return;
    this.#counters.framesIn++;
    this.#counters.bytesIn += bytes.length;
    this.options.events.received(decodeEnvelope(bytes, { from, to: this.self }));
  }

  #report(peer: Incarnation): void {
    setImmediate(() => {
      if (!this.#closed) this.options.events.disconnected(peer);
    });
  }
}

function encoded(envelope: Envelope, isNamed: boolean): Buffer {
  const writer = new ByteWriter();
  encodeEnvelope(writer, envelope, isNamed);
  return writer.take();
}

const pairOf = (a: Incarnation, b: Incarnation): string => [a, b].sort().join(' ');
