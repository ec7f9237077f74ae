// What a platform must be able to tell the planner, and what the user wants: the planner sees only
// these two, never history.
import type { NodeLoad, NodeReport } from '../../core/api/admin.ts';
import type { ChangeId, ClusterId, Incarnation, NodeId, Zone } from '../../core/api/ids.ts';
import type { DataLimits, RingDocument } from '../../core/api/ring-document.ts';

/** What the user asks for, with defaults filled in (from a DhtCluster's spec). */
export interface Desired {
  readonly replicas: number;
  readonly replicationFactor: number;
  readonly readQuorum: number;
  readonly writeQuorum: number;
  readonly mode: 'strict' | 'sloppy';
  readonly conflicts: 'siblings' | 'lastWriterWins';
  readonly slotBits: number;
  readonly limits: DataLimits;
  readonly paused: boolean;
  /** Members to take out although a StatefulSet only removes the last. */
  readonly decommission: readonly NodeId[];
  /** Revision that every node should run; a node with another one is rolled. */
  readonly revision: string;
  /** ms that a node must be silent, its volume kept, before its replacement is weighed; null: never by time. */
  readonly replaceAfterMs: number | null;
  readonly abortAfterMs: number;
  readonly barrierWaitMs: number;
}

/** One node as the platform sees it. */
export interface ObservedNode {
  readonly id: NodeId;
  readonly address: string;
  readonly zone: Zone;
  /** `starting`: exists, not yet heard of. `stopped`: exists without a running process. */
  readonly process: 'starting' | 'running' | 'stopping' | 'stopped';
  /** UID of its volume; null: it has none. */
  readonly volume: string | null;
  /** Revision it was started with. */
  readonly revision: string;
  /** Its newest word; null: none since it was started, or it did not answer. */
  readonly report: NodeReport | null;
  /** ms since it last answered; 0 when it answers. */
  readonly silentMs: number;
}

export interface Observed {
  /** Wall clock of the observer, ms since 1970. */
  readonly nowMs: number;
  /** The stored document; null: none is stored. */
  readonly document: RingDocument | null;
  /** The highest document that any reached node proves (restored store, re-created resource); null: none. */
  readonly highest: RingDocument | null;
  /** Ascending by ordinal. Contains every node that exists, member or not. */
  readonly nodes: readonly ObservedNode[];
  /** Volumes that are proved gone or emptied, by the incarnation they carried (R9). */
  readonly lostIncarnations: readonly Incarnation[];
  /** Names of volumes that departed members left behind and that the platform is deleting. */
  readonly releasedVolumes: readonly string[];
  /** Load per slot of each reached node, for the forecast. */
  readonly loads: ReadonlyMap<Incarnation, NodeLoad>;
  /** Fresh identities that the planner may use; drawn by the platform, since the planner has no chance of its own. */
  readonly fresh: { readonly clusterId: ClusterId; readonly changeId: ChangeId };
  /** The id of the node with this ordinal. */
  readonly nameOf: (ordinal: number) => NodeId;
}
