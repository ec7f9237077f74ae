// Names of things that travel between operator, nodes and clients. Branded, so that a node is
// never mistaken for an incarnation; the brand exists for the compiler only.

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Stable name of a member's place, such as `dev-0`: the pod's name, or the process's. */
export type NodeId = Branded<string, 'NodeId'>;
/** Random identity of one data directory, 16 hexadecimal digits (protocol §1). */
export type Incarnation = Branded<string, 'Incarnation'>;
/** Identity of one ring, made once at bootstrap; never bootstrapped over (protocol §2). */
export type ClusterId = Branded<string, 'ClusterId'>;
/** Failure domain of a member. */
export type Zone = Branded<string, 'Zone'>;
/** Number of a ring document; only grows (I2). 0 means: no document yet. */
export type Epoch = Branded<number, 'Epoch'>;
/** Identity of one ring change; progress belongs to (change, incarnation) (R6). */
export type ChangeId = Branded<string, 'ChangeId'>;
/** Identity of one client request, made by the client or by the node it reached. */
export type RequestId = Branded<string, 'RequestId'>;
/** One of the ring's 2^slotBits equal arcs, 0 … 2^slotBits − 1. */
export type Slot = number;

export const nodeId = (text: string): NodeId => text as NodeId;
export const incarnation = (text: string): Incarnation => text as Incarnation;
export const clusterId = (text: string): ClusterId => text as ClusterId;
export const zone = (text: string): Zone => text as Zone;
export const epoch = (n: number): Epoch => n as Epoch;
export const changeId = (text: string): ChangeId => text as ChangeId;
export const requestId = (text: string): RequestId => text as RequestId;
