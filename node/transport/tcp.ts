// The transport over TCP: one duplex connection per pair of nodes, dialed by whoever needs it first.
//
// One connection per direction was the other choice. It needs no rule for simultaneous dials, but an
// answer then waits for a dial in the opposite direction: a node that is not (or not yet) in the other's
// document, or whose peer sits out a back-off, could ask and never be answered. With a shared one,
// who can ask can be answered. The price is this rule for two connections between one pair:
//
//   The end with the lower incarnation keeps the newest that it saw open and closes all others; the
//   other end closes none, and sends on the newest that it sees.
//
// - Simultaneous dials: only one end chooses, so both never close each other's favourite.
// - A peer that restarted, or came back after power loss or a cut: it dials anew, and newest wins over
//   the half-open one. The end that may not choose keeps that for at most SILENT_PROBES_MAX probes, and
//   never more than two in all.
// - A new incarnation at an old address: the handshake names whom it means to reach, so the dial is
//   refused until the document gives the new name.
// - A peer that has not started yet: refused dials with back-off, logged once; its own first dial ends
//   the wait.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Incarnation } from '../../core/api/ids.ts';
import type { Envelope } from '../../core/api/messages.ts';
import { defined } from '../../core/assert.ts';
import { RingError } from '../../core/errors.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { Dialer } from './dialer.ts';
import {
  newCounters,
  TRANSPORT_LIMITS,
  type TcpOptions,
  type TransportLimits,
  type TransportLog,
} from './options.ts';
import type { Hello, PeerAddress, Transport, TransportStats } from './transport.ts';

/** Log lines about strangers in one probe period: a port scan must not fill the log. */
const STRANGER_LINES_MAX = 10;

/** Listens, and resolves once peers can connect. Rejects with the system's error where it cannot listen. */
export async function openTcpTransport(
  options: TcpOptions,
): Promise<Transport & { readonly port: number }> {
  if (options.secret.length === 0) throw new RingError('BAD_REQUEST', 'the peer secret is empty');
  const transport = new TcpTransport(options);
  await transport.listen();
  return transport;
}

class TcpTransport implements Transport {
  readonly #options: TcpOptions;
  readonly #limits: TransportLimits;
  readonly #self: Incarnation;
  readonly #counters = newCounters();
  readonly #server: Server;
  readonly #dialers = new Map<Incarnation, Dialer>();
  /** Open connections by peer, newest last. */
  readonly #links = new Map<Incarnation, Connection[]>();
  /** Accepted connections that have not proved themselves, oldest first. */
  readonly #strangers = new Set<Connection>();
  /** Everything whose socket is not closed yet. */
  readonly #sockets = new Set<Connection>();
  readonly #events: ConnectionEvents;
  readonly #toFlush = new Set<Connection>();
  readonly #toReport = new Set<Incarnation>();
  #turnEnd: NodeJS.Immediate | null = null;
  readonly #probes: NodeJS.Timeout;
  #strangerLines = 0;
  readonly #dropping = new Set<Incarnation>();
  #closed = false;

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#limits = { ...TRANSPORT_LIMITS, ...options.limits };
    this.#self = options.hello().incarnation;
    this.#events = {
      opened: (connection, peer) => this.#opened(connection, peer),
      received: (envelope) => options.events.received(envelope),
      wrote: (connection) => {
        this.#toFlush.add(connection);
        this.#atTurnEnd();
      },
      closed: (connection, reason) => this.#lost(connection, reason),
    };
    this.#server = createServer((socket) => this.#accept(socket));
    this.#probes = setInterval(() => this.#probe(), this.#limits.probeMs);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(this.#options.listen, resolve);
      });
    } catch (error) {
      clearInterval(this.#probes);
      throw error;
    }
    // From here on only a failing accept (out of file descriptors) gets here; the next may succeed.
    this.#server.on('error', (error) => this.#logStranger('accept', error.message));
  }

  setPeers(peers: readonly PeerAddress[]): void {
    if (this.#closed) return;
    const wanted = new Map(peers.map((peer) => [peer.incarnation, peer]));
    wanted.delete(this.#self);
    const gone = new RingError('PEER_UNREACHABLE', 'it is no peer any more');
    for (const [peer, dialer] of this.#dialers) {
      if (wanted.has(peer)) continue;
      this.#dialers.delete(peer);
      dialer.stop()?.destroy(gone);
    }
    for (const [peer, links] of this.#links) {
      if (!wanted.has(peer)) for (const link of [...links]) link.hangUp(gone);
    }
    for (const peer of wanted.values()) this.#want(peer);
  }

  send(envelope: Envelope): void {
    if (this.#closed) return;
    const link = this.#links.get(envelope.to)?.at(-1);
    if (link === undefined) {
      this.#counters.droppedFrames++;
      this.#report(envelope.to);
      return;
    }
    const refusal = link.send(envelope);
    if (refusal !== null) this.#dropped(envelope.to, refusal);
  }

  stats(): TransportStats {
    let [connections, unsentBytes, questions] = [0, 0, 0];
    for (const links of this.#links.values()) {
      for (const link of links) {
        connections++;
        unsentBytes += link.unsentBytes;
        questions += link.questions;
      }
    }
    return { ...this.#counters, connections, unsentBytes, questions };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#probes);
    if (this.#turnEnd !== null) clearImmediate(this.#turnEnd);
    const reason = new RingError('PEER_UNREACHABLE', 'this node stops');
    for (const dialer of this.#dialers.values()) dialer.stop();
    for (const connection of [...this.#sockets]) {
      if (connection.peer === null) connection.destroy(reason);
      else connection.hangUp(reason);
    }
    const listening = new Promise((resolve) => this.#server.close(resolve));
    await Promise.all([...this.#sockets].map(({ ended }) => ended));
    await listening;
  }

  #want(peer: PeerAddress): void {
    if (parseAddress(peer.address) === null) {
      const reason = `its address ${JSON.stringify(peer.address)} is not host:port`;
      return this.#log({ kind: 'unreachable', peer: peer.incarnation, reason });
    }
    const known = this.#dialers.get(peer.incarnation);
    if (known !== undefined) return known.moved(peer);
    const dialer = new Dialer(peer, {
      dial: (to) => this.#dial(to),
      bounds: this.#limits,
      random: this.#options.random ?? Math.random,
    });
    this.#dialers.set(peer.incarnation, dialer);
    if (this.#links.has(peer.incarnation)) return;
    // The end that chooses dials first: most pairs then never have two connections.
    if (this.#chooses(peer.incarnation)) dialer.dial();
    else dialer.dialLater();
  }

  /** The rule above: one end of each pair chooses between two connections. */
  #chooses(peer: Incarnation): boolean {
    return this.#self < peer;
  }

  #dial({ incarnation, address }: PeerAddress): Connection {
    return this.#connection(connect(defined(parseAddress(address), 'address')), incarnation);
  }

  #accept(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#strangers.add(this.#connection(socket, null));
    if (this.#strangers.size <= this.#limits.strangersMax) return;
    // The oldest goes, not the newcomer: idle strangers must not lock peers out.
    const [oldest] = this.#strangers;
    oldest?.destroy(new RingError('HANDSHAKE_REFUSED', 'too many connections without a handshake'));
  }

  #connection(socket: Socket, target: Incarnation | null): Connection {
    const { hello, secret } = this.#options;
    const connection = new Connection(socket, {
      hello,
      secret,
      target,
      limits: this.#limits,
      counters: this.#counters,
      events: this.#events,
    });
    this.#sockets.add(connection);
    void connection.ended.then(() => {
      this.#sockets.delete(connection);
      this.#strangers.delete(connection);
    });
    return connection;
  }

  #opened(connection: Connection, hello: Hello): void {
    const peer = hello.incarnation;
    this.#counters.connects++;
    this.#strangers.delete(connection);
    const links = this.#links.get(peer) ?? [];
    this.#links.set(peer, links);
    links.push(connection);
    const dialer = this.#dialers.get(peer);
    dialer?.dialed(connection);
    dialer?.connected();
    const superseded = links.slice(0, this.#chooses(peer) ? -1 : -2);
    for (const link of superseded) {
      link.destroy(new RingError('PEER_UNREACHABLE', 'a newer connection takes its place'));
    }
    this.#log({ kind: 'connected', peer, epoch: hello.epoch, dialed: connection.target !== null });
  }

  #lost(connection: Connection, reason: RingError): void {
    const isStranger = connection.peer === null;
    const isInvalid = reason.code === 'FRAME_INVALID';
    // Who speaks another language than ours, a scanner say, was never in the ring: no fault of a peer.
    if (reason.code === 'HANDSHAKE_REFUSED' || (isInvalid && isStranger))
      this.#counters.refusedHellos++;
    else if (isInvalid) this.#counters.invalidFrames++;
    const { peer, target } = connection;
    if (peer !== null) this.#lostLink(connection, peer, reason);
    else if (target !== null) this.#lostDial(connection, target, reason);
    else this.#lostStranger(connection, reason);
  }

  #lostLink(connection: Connection, peer: Incarnation, reason: RingError): void {
    const links = (this.#links.get(peer) ?? []).filter((link) => link !== connection);
    if (links.length > 0) {
      this.#links.set(peer, links);
    } else {
      this.#links.delete(peer);
      this.#log({ kind: 'disconnected', peer, reason: reason.message });
      if (!this.#closed) this.#dialers.get(peer)?.dialLater();
    }
    // Even where another connection is left: what was asked on this one is lost.
    this.#report(peer);
  }

  #lostDial(connection: Connection, peer: Incarnation, reason: RingError): void {
    const dialer = this.#dialers.get(peer);
    if (dialer === undefined || this.#closed) return;
    dialer.dialed(connection);
    if (this.#links.has(peer)) return;
    dialer.dialLater();
    this.#report(peer);
    if (dialer.reported) return;
    dialer.reported = true;
    this.#log({ kind: 'unreachable', peer, reason: reason.message });
  }

  #lostStranger(connection: Connection, reason: RingError): void {
    // Who hangs up before the handshake may be a port probe: it happens, and tells nothing.
    if (reason.code !== 'PEER_UNREACHABLE') this.#logStranger(connection.remote, reason.message);
  }

  #dropped(peer: Incarnation, reason: string): void {
    this.#counters.droppedFrames++;
    this.#counters.pressedFrames++;
    if (this.#dropping.has(peer)) return;
    this.#dropping.add(peer);
    this.#log({ kind: 'dropping', peer, reason });
  }

  /** `disconnected` is said at the end of the turn: the replica is never entered from its own send. */
  #report(peer: Incarnation): void {
    if (this.#closed) return;
    this.#toReport.add(peer);
    this.#atTurnEnd();
  }

  #atTurnEnd(): void {
    this.#turnEnd ??= setImmediate(() => {
      this.#turnEnd = null;
      for (const connection of this.#toFlush) connection.flush();
      this.#toFlush.clear();
      const reports = [...this.#toReport];
      this.#toReport.clear();
      for (const peer of reports) this.#options.events.disconnected(peer);
    });
  }

  #probe(): void {
    this.#strangerLines = 0;
    this.#dropping.clear();
    for (const [peer, links] of this.#links) {
      for (const link of [...links]) link.probe();
      if (this.#links.has(peer)) this.#dialers.get(peer)?.settled();
    }
  }

  #log(event: TransportLog): void {
    this.#options.log?.(event);
  }

  #logStranger(remote: string, reason: string): void {
    if (this.#strangerLines++ < STRANGER_LINES_MAX) this.#log({ kind: 'refused', remote, reason });
  }
}

/** `host:port`, an IPv6 host in brackets or not; null: it is not. */
function parseAddress(address: string): { host: string; port: number } | null {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(address.slice(colon + 1));
  const usable = colon > 0 && host !== '' && Number.isInteger(port) && port > 0 && port < 65536;
  return usable ? { host, port } : null;
}
