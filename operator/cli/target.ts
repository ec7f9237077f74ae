// The port between commands and a ring, wherever it runs: what they may read of it, and the one way in
// which they change it, by what is wanted of it. What loses data is refused by whoever carries it out.
import type { DhtCluster, ClusterSpec } from '../../core/api/cluster.ts';
import type { RingStatus } from '../local/status.ts';
import type { Observed } from '../planner/observed.ts';
import type { LogFilter, LogLine } from './log-lines.ts';
import type { RingClient } from './ring-client.ts';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly output: 'text' | 'json';
  /** Which ring; left out: the only one. */
  readonly cluster?: string;
}

/** What commands change of a spec; fields that are left out stay as they are. */
export type SpecEdit = Partial<
  Pick<ClusterSpec, 'replicas' | 'decommission' | 'paused' | 'hibernate' | 'restartedAt'>
>;

/** Something that happened to the ring, newest first in lists. */
export interface Happened {
  readonly atMs: number;
  readonly reason: string;
  readonly note: string;
}

export interface TargetStatus extends RingStatus {
  /** Whether an operator looks after it now. */
  readonly operated: boolean;
  /** Whether it was judged by what is wanted now. */
  readonly isCurrent: boolean;
  /** What is wrong with what is wanted now, where no condition can say it; left out: nothing. */
  readonly invalid?: readonly string[];
}

/** Which lines of its members' logs somebody wants. */
export interface LogWish {
  /** Left out: those of all members. */
  readonly members?: readonly string[];
  readonly filter: LogFilter;
  /** Of what is kept, the last so many of each member. */
  readonly tail: number;
}

export interface LogReader {
  /**
   * One list a member, oldest first: at the first look what is kept, later what came since the look
   * before. Who is a member only by then is among them.
   */
  look(): Promise<readonly (readonly LogLine[])[]>;
  close(): void;
}

/** One ring. Failures are CommandFailed or RingErrors whose message is one that a person can act on. */
export interface Target {
  readonly name: string;
  /** Where that which is wanted stands: the manifest's path, or `dhtcluster rings/dev`. */
  readonly wish: string;
  /** What people should know who just changed what stands there; absent: nothing. */
  readonly afterChange?: string;
  /** Who carries it out where nobody does now, as a hint for people; null: nothing can be started from here. */
  readonly starter: string | null;
  /** ms between two looks of who waits. */
  readonly pollMs: number;
  /** As published last. Throws CommandFailed (not found) where nothing was published yet. */
  status(): Promise<TargetStatus>;
  /** What is wanted now, defaults filled in. */
  wanted(): Promise<DhtCluster>;
  /** The same as if it were wanted like this; changes nothing. Throws MANIFEST_INVALID. */
  imagined(edit: SpecEdit): Promise<DhtCluster>;
  /**
   * Changes what is wanted, from what it is at that moment; false: that changed nothing. Throws
   * MANIFEST_INVALID, INVALID or FORBIDDEN, and changes nothing, where the result may not be.
   */
  change(edit: (spec: ClusterSpec) => SpecEdit): Promise<boolean>;
  /** Enough for a forecast: the stored document, who exists, and what each one holds. */
  observe(): Promise<Observed & { readonly isEstimate: boolean }>;
  /** Warnings of the last while; none where the platform keeps none. */
  warnings(): Promise<readonly Happened[]>;
  /** What its members say of themselves. Throws CommandFailed (not found) for who is no member. */
  logs(wish: LogWish): Promise<LogReader>;
}

/** What one kind of platform keeps: the rings that options speak of. */
export interface Rings<O extends GlobalOptions = GlobalOptions> {
  /** Throws CommandFailed (not found) where there is none, or several and none is named. */
  target(options: O): Promise<Target>;
  /** All of them; no error where there is none. */
  targets(options: O): Promise<readonly Target[]>;
  /** The ring's REST interface; `via`: that of one member, by name or URL. */
  client(options: O, via?: string): Promise<RingClient>;
}
