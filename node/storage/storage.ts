// The port to a node's disk. Two implementations, memory and level, pass one contract suite
// (test/contracts/storage.ts); the simulator's disk follows the same contract.
import type { Incarnation, Slot } from '../../core/api/ids.ts';
import type { Key, KeyRecord } from '../../core/api/object.ts';
import type { Counted } from '../distribution.ts';
import type { Loaded, ScannedHint, StoredState, StoreWrite } from '../../core/replica/effects.ts';

export interface Page {
  readonly records: readonly KeyRecord[];
  /** Keys whose checksum failed; never part of `records`. They count towards the page's limit. */
  readonly corrupt: readonly Key[];
  /** Ask again after this key; null: the range's end was reached. */
  readonly next: Key | null;
}

export interface PageQuery {
  readonly slot: Slot;
  /** exclusive; null: the slot's start */
  readonly after: Key | null;
  /** inclusive; null: the slot's end */
  readonly until: Key | null;
  /** ≥ 1 */
  readonly limit: number;
  /** Measured as in `counts`; the first record comes whatever its size. */
  readonly bytesMax: number;
}

export interface HintQuery {
  readonly target: Incarnation;
  readonly after: Key | null;
  readonly limit: number;
  readonly bytesMax: number;
}

/** A hint whose checksum failed is left out: anti-entropy brings its target what it held. */
export interface HintPage {
  readonly hints: readonly ScannedHint[];
  readonly next: Key | null;
}

export interface Identity {
  readonly incarnation: Incarnation;
  /** UID of the volume: its claim's UID where given, or one made of the data folder's inode and birth. */
  readonly volume: string;
}

/** Live counts per slot: arrays of 2^slotBits, the store's own, for reading only. */
export interface SlotLoads {
  readonly keys: Float64Array;
  /** UTF-8 bytes of the keys plus bytes of the encoded objects. */
  readonly bytes: Float64Array;
}

export interface StorageStats {
  readonly diskFreeBytes: number;
  /** True while less than the reserve is free: refuse new values, serve the rest (protocol §4). */
  readonly diskFull: boolean;
  readonly diskBytes: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly cacheBytes: number;
  /** Less than this free: the disk counts as full. 0: there is none. */
  readonly diskReserveBytes: number;
  /** Seconds of group commits, each one sync of the disk. */
  readonly commitSeconds: Counted;
  /** Writes in them. */
  readonly commitWrites: Counted;
}

export interface Storage {
  /** Made when an empty folder is first opened, and anew where the volume's UID differs (R9). */
  readonly identity: Identity;
  /** What a restarted process starts from, as it was when the store was opened. */
  readonly state: StoredState;
  /**
   * The record, as of all writes issued before. Answers at once where the record is in memory, so
   * that the hot path has no turn of the event loop; else a promise. Rejects with STORE_FAILED.
   */
  load(key: Key): Loaded | Promise<Loaded>;
  /**
   * Applies the writes together and in order, after all earlier ones. `durable` is called once they
   * and all earlier ones survive a loss of power, in the order of the calls and never before this
   * one returns (group commit; `relaxed`: once the operating system has them). A failed write is
   * fatal: `failed` of the opening options is called once and nothing is acknowledged any more.
   */
  store(writes: readonly StoreWrite[], durable: () => void): void;
  /** One page in stored order, as of all writes issued before; may see later ones. */
  scan(query: PageQuery): Promise<Page>;
  /** One page of a target's hints in stored order, as of all writes issued before. */
  scanHints(query: HintQuery): Promise<HintPage>;
  /** As of the last commit; until `counted` an estimate from below. */
  counts(): SlotLoads;
  /** Resolves once `counts` is exact. Serving never waits for it. */
  readonly counted: Promise<void>;
  stats(): StorageStats;
  /**
   * Waits for what is pending and releases the folder. The clean-stop mark of R13 is the replica's
   * own `actor` write, issued before.
   */
  close(): Promise<void>;
}
