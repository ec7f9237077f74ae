// What the page is sent: one ring in words and figures. Types only, so that the page and the server
// agree on them and nothing of it is loaded by a browser.
import type { OperationStatus } from '../ring-status.ts';

export type MemberCondition =
  | 'serving'
  | 'joining'
  | 'leaving'
  | 'left'
  /** Exists, and is not yet a member or not yet heard of. */
  | 'starting'
  | 'stopping'
  /** Its process runs and does not answer. */
  | 'silent'
  | 'paused'
  /** Stopped by hand. */
  | 'held'
  | 'down'
  | 'lost';

export interface MemberView {
  readonly id: string;
  /** null: nobody knows it yet. */
  readonly incarnation: string | null;
  readonly condition: MemberCondition;
  /** The condition with what a person wants to know of it: `silent for 12 s`. */
  readonly words: string;
  /** Its copies count: it serves and is not about to stop. */
  readonly live: boolean;
  readonly zone: string;
  /** Slots of which it has a copy, is the owner, and will have a copy (null: no change is under way). */
  readonly slots: number;
  readonly owned: number;
  readonly slotsNext: number | null;
  /** null: it did not answer. */
  readonly load: {
    readonly keys: number;
    readonly bytes: number;
    readonly hints: number;
    readonly hintBytes: number;
    readonly epoch: number;
    readonly diskFreeBytes: number;
    readonly uncleanSlots: number;
  } | null;
  /** Slots that the change under way gives it, and how many it has; null: none. */
  readonly gains: { readonly covered: number; readonly needed: number } | null;
  /** Measured by the node itself; null: not asked yet, or it did not answer. */
  readonly figures: FiguresView | null;
}

export interface FiguresView {
  /** Wall clock in ms. */
  readonly startedMs: number;
  /** Client requests a second since the look before. */
  readonly perSecond: number;
  /** ms within which half, and 99 of 100, requests since the look before were answered; null: none came. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Is the data safe, what is going on, and what is to be done? */
export interface Verdict {
  readonly level: 'good' | 'busy' | 'warn' | 'bad';
  /** One or two words. */
  readonly title: string;
  readonly text: string;
}

/** So many slots go, or went, from one member to another in the change under way. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly slots: number;
}

export interface WaitView {
  readonly reason: string;
  readonly message: string;
  readonly unblock: string;
}

export interface RingState {
  readonly ring: string;
  /** When it was looked at, wall clock of the operator in ms. */
  readonly nowMs: number;
  readonly verdict: Verdict;
  readonly wanted: number;
  readonly paused: boolean;
  readonly clusterId: string | null;
  readonly epoch: number;
  readonly phase: string;
  readonly slots: number;
  readonly replicationFactor: number;
  readonly readQuorum: number;
  readonly writeQuorum: number;
  readonly layout: string;
  /** Slots of the busiest member beside the mean: 1 is even. */
  readonly balance: number;
  /** Slots by the number of their live copies, 0 … N. */
  readonly copies: readonly number[];
  /** Different keys, as far as the members' copies tell. */
  readonly keys: number;
  readonly members: readonly MemberView[];
  readonly operation: OperationStatus | null;
  readonly flows: readonly Flow[];
  readonly waits: readonly WaitView[];
}

/** Who holds which slot: sent once for each ring, since it is large. */
export interface SlotMap {
  readonly epoch: number;
  readonly slots: number;
  readonly now: SlotTable;
  /** The ring after the change under way; null: there is none. */
  readonly next: SlotTable | null;
}

export interface SlotTable {
  /** Member ids; the table holds places in this list. */
  readonly seats: readonly string[];
  readonly width: number;
  /** base64 of slots × width 16-bit numbers, low byte first, owner first. */
  readonly table: string;
}

export interface NewsItem {
  readonly id: number;
  /** Wall clock of the operator in ms. */
  readonly atMs: number;
  readonly kind: string;
  readonly text: string;
}

/** What the page asks first. */
export interface Welcome {
  readonly place: 'local' | 'kubernetes';
  readonly version: string;
  readonly rings: readonly string[];
  readonly takesChanges: boolean;
  readonly handlesNodes: boolean;
  readonly membersMax: number;
}

export interface Amount {
  readonly slots: number;
  readonly keys: number;
  readonly bytes: number;
}

/** What so many members would mean, before the act. */
export interface Forecast {
  readonly replicas: number;
  readonly epoch: number;
  readonly members: readonly {
    readonly id: string;
    readonly gives: Amount;
    readonly gets: Amount;
    readonly fate: 'stays' | 'joins' | 'leaves';
  }[];
  readonly total: Amount;
  /** Members whose load is known; where some are missing, keys and bytes are incomplete. */
  readonly loadsKnown: number;
  /** Why it would be refused or held, as the planner says now. */
  readonly refusals: readonly WaitView[];
}

/** A key's place and, where the ring could tell it, its value. */
export interface KeyView {
  readonly key: string;
  readonly hash: string;
  readonly slot: number;
  readonly preferenceList: readonly { readonly id: string; readonly replica: boolean }[];
  /** `none`: the ring holds no value; `unknown`: it could not answer, see `problem`. */
  readonly found: 'value' | 'none' | 'unknown';
  readonly values: readonly ValueView[];
  readonly etag: string | null;
  /** To be sent back with a write; null: the key was never written. */
  readonly context: string | null;
  readonly problem: string | null;
}

export interface ValueView {
  /** null: it is no text. */
  readonly text: string | null;
  readonly base64: string | null;
  /** The text stops before the value does. */
  readonly cut: boolean;
  readonly contentType: string;
  readonly bytes: number;
  readonly writtenAt: string;
  readonly expiresAt: string | null;
}
