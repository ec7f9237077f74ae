// The port between nodes. Two implementations, node:net and memory, pass one contract suite
// (test/contracts/transport.ts).
import type { ClusterId, Epoch, Incarnation, NodeId } from '../../core/api/ids.ts';
import type { Envelope } from '../../core/api/messages.ts';

/** Where an incarnation is reached. */
export interface PeerAddress {
  readonly id: NodeId;
  readonly incarnation: Incarnation;
  /** host:port */
  readonly address: string;
}

/** What this node says of itself at the start of each connection. */
export interface Hello {
  readonly incarnation: Incarnation;
  /** null until the first document arrives: accepted by nobody but to fetch one. */
  readonly clusterId: ClusterId | null;
  readonly epoch: Epoch;
  readonly protocolVersionMin: number;
  readonly protocolVersionMax: number;
  /** Its log tells of single requests: frames name the one that they are about. */
  readonly namesWanted: boolean;
}

export interface TransportEvents {
  received(envelope: Envelope): void;
  /** The connection to this peer broke or was refused; unanswered questions to it are lost. */
  disconnected(peer: Incarnation): void;
}

export interface TransportStats {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly connects: number;
  readonly refusedHellos: number;
  readonly invalidFrames: number;
  readonly droppedFrames: number;
  /** Of these, those that a peer could not take: too much was unsent or unanswered. */
  readonly pressedFrames: number;
  /** Open connections with peers, bytes that wait to be sent on them, questions without an answer. */
  readonly connections: number;
  readonly unsentBytes: number;
  readonly questions: number;
}

export interface Transport {
  /** The peers to keep connections with; called again with each document. Others are hung up on. */
  setPeers(peers: readonly PeerAddress[]): void;
  /**
   * Sends when connected; else the envelope is dropped (and `disconnected` reported), since the replica
   * sends again. Frames to one peer keep their order. All frames of one turn leave in one write.
   */
  send(envelope: Envelope): void;
  stats(): TransportStats;
  /** Flushes and hangs up. */
  close(): Promise<void>;
}
