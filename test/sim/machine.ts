// One node: its process, its volume and its clock. Drives the production replica exactly as the
// real driver does: effects in order, completions as inputs, nothing after death.
import type { Epoch, Incarnation, NodeId, RequestId, Slot, Zone } from '../../core/api/ids.ts';
import type { NodeReport } from '../../core/api/admin.ts';
import type { KeyRecord } from '../../core/api/object.ts';
import type { Envelope } from '../../core/api/messages.ts';
import type { ClientRequest, ClientResult } from '../../core/api/requests.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { incarnation, type ClusterId } from '../../core/api/ids.ts';
import { unreachable } from '../../core/assert.ts';
import { TICK_MS } from '../../core/limits.ts';
import type { Effect, Input, StoreWrite, Ticket } from '../../core/replica/effects.ts';
import { openReplica, reportOf, step, type Replica } from '../../core/replica/replica.ts';
import type { Rule } from '../../core/replica/rules.ts';
import { seededRng, type Rng } from '../../core/rng.ts';
import { between, chance, mixSeeds } from './chance.ts';
import type { EventQueue } from './queue.ts';
import { Volume } from './volume.ts';
import { writeInBrief } from './words.ts';

/** Wall clock at the start of virtual time, ms since 1970. */
export const START_MS = 1_600_000_000_000;
const FREE_BYTES = 1 << 30;
/** Ticks between two rounds of the shell's scrub (hours in production). */
const SCRUB_TICKS = 40;

/** What a machine needs from the world around it, and whom it tells what happens. */
export interface Surroundings {
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly without: ReadonlySet<Rule>;
  readonly disk: DiskHabits;
  send(from: Machine, envelope: Envelope): void;
  replied(machine: Machine, id: RequestId, result: ClientResult): void;
  adopted(machine: Machine, document: RingDocument): void;
  /** The process is gone, for whatever reason. */
  died(machine: Machine, why: string): void;
  /** A slot's records are about to be deleted. */
  erasing(machine: Machine, slot: Slot, records: readonly KeyRecord[]): void;
  trace: ((line: string) => void) | null;
  /** Traces every write to a disk, too. */
  readonly isVerbose: boolean;
  freshText(): string;
  /** Counts each step of a replica. */
  readonly counters: { steps: number };
  /** A volume will never be seen again under this incarnation. */
  lost(incarnation: Incarnation, volume: Volume): void;
  /** Its volume came back older, in place: the ring document on it is of this epoch (0: none). */
  rolledBack(incarnation: Incarnation, to: Epoch): void;
}

/** ms bounds of the disk's answers, and how many records a page holds at most (0: as asked). */
export interface DiskHabits {
  syncMs: readonly [number, number];
  /** Share of loads that miss the cache and take a while. */
  miss: number;
  missMs: number;
  pageRecords: number;
}

export class Machine {
  readonly id: NodeId;
  readonly zone: Zone;
  readonly address: string;
  process: 'starting' | 'running' | 'stopping' | 'stopped' = 'stopped';
  revision = '';
  volume: Volume;
  replica: Replica | null = null;
  /** Of the running process; null while none runs. */
  incarnation: Incarnation | null = null;
  /** The document that the running process said it holds durably. */
  adopted: RingDocument | null = null;
  clockOffsetMs = 0;
  /** Ms of wall clock per ms of virtual time. */
  clockRate = 1;
  draining = false;
  /** The replica said that nothing is in flight any more. */
  drained = false;
  /** Effects left until the process dies in the middle of a step; −1: not doomed. */
  doom = -1;
  /** No sync completes before this time. */
  stalledUntilMs = 0;
  starts = 0;
  /** Set by halt: the next start must not go on with this store (R9). */
  isCondemned = false;
  lastAnsweredMs = 0;
  private life = 0;
  private readonly around: Surroundings;
  private tickets: Ticket[] = [];
  private isSyncing = false;

  constructor(around: Surroundings, id: NodeId, zone: Zone, address: string, volume: Volume) {
    this.around = around;
    this.id = id;
    this.zone = zone;
    this.address = address;
    this.volume = volume;
  }

  get isUp(): boolean {
    return this.replica !== null;
  }

  wallMs(): number {
    return Math.floor(START_MS + this.around.queue.nowMs * this.clockRate + this.clockOffsetMs);
  }

  /** Opens the volume and starts the replica. */
  start(): void {
    const { around } = this;
    this.life++;
    this.starts++;
    this.doom = -1;
    this.draining = false;
    this.drained = false;
    this.tickets = [];
    this.isSyncing = false;
    this.openIdentity();
    this.volume.recover();
    const own = this.volume.identity!.incarnation;
    this.incarnation = own;
    this.process = 'running';
    const stored = this.volume.applied.state();
    this.adopted = stored.document;
    const seed = mixSeeds(around.rng.below(0x7fffffff), this.life);
    const rng = seededRng(seed);
    const opened = openReplica({
      id: this.id,
      incarnation: own,
      stored,
      rng,
      without: around.without,
    });
    this.replica = opened.replica;
    around.trace?.(`${this.id} starts as ${own}, epoch ${stored.document?.epoch ?? 0}`);
    this.carryOut(opened.effects);
    if (this.isUp) this.input({ kind: 'disk', full: this.volume.isFull, freeBytes: FREE_BYTES });
    this.beginTicks();
  }

  /** R9: an empty volume, one with another UID than its identity file, or a condemned store. */
  private openIdentity(): void {
    const { volume, around } = this;
    const identity = volume.identity;
    const isForeign = identity !== null && identity.uid !== volume.uid && !around.without.has('R9');
    if (identity !== null && !isForeign && !this.isCondemned) return;
    if (identity !== null) {
      around.lost(identity.incarnation, volume);
      const fresh = new Volume(volume.uid, volume.applied.slotBits);
      fresh.isFull = volume.isFull;
      this.volume = fresh;
    }
    this.isCondemned = false;
    this.volume.identity = { incarnation: incarnation(around.freshText()), uid: this.volume.uid };
  }

  private beginTicks(): void {
    const life = this.life;
    const beat = (): void => {
      if (life !== this.life || !this.isUp) return;
      this.input({ kind: 'tick' });
      if (++ticks % SCRUB_TICKS === 0 && this.volume.applied.corrupt.size > 0) this.scrub();
      this.around.queue.after(TICK_MS, beat);
    };
    let ticks = 0;
    this.around.queue.after(between(this.around.rng, 1, TICK_MS), beat);
  }

  /** The shell's slow reading of everything finds what is damaged. */
  private scrub(): void {
    const { slots, corrupt } = this.volume.applied;
    const keys = [...slots.values()].flat().map(({ key }) => key);
    this.input({ kind: 'damaged', keys: keys.filter(({ text }) => corrupt.has(text)) });
  }

  submit(request: ClientRequest): void {
    this.input({ kind: 'request', request });
  }

  input(input: Input): void {
    if (this.replica === null) return;
    this.around.counters.steps++;
    this.carryOut(step(this.replica, input, this.wallMs()));
  }

  private carryOut(effects: readonly Effect[]): void {
    const halt = effects.findIndex((effect) => effect.kind === 'halt');
    if (halt >= 0 && halt < effects.length - 1) {
      throw new Error(`${this.id} orders ${effects[halt + 1]!.kind} after it said halt (R9)`);
    }
    for (const effect of effects) {
      if (this.replica === null) return;
      if (this.doom === 0) {
        this.die('killed in the middle of a step', true);
        return;
      }
      if (this.doom > 0) this.doom--;
      this.carryOutOne(effect);
    }
  }

  private carryOutOne(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        return this.around.send(this, effect.envelope);
      case 'reply':
        return this.around.replied(this, effect.id, effect.result);
      case 'store':
        return this.store(effect);
      case 'load':
        return this.load(effect);
      case 'scan':
        return this.scan(effect);
      case 'scan-hints':
        return this.scanHints(effect);
      case 'adopted':
        this.adopted = effect.document;
        return this.around.adopted(this, effect.document);
      case 'event':
        if (effect.event.kind === 'drained') this.drained = true;
        return this.around.trace?.(`${this.id} ${JSON.stringify(effect.event)}`);
      case 'halt':
        this.isCondemned = true;
        return this.die(`halts: ${effect.reason}`, true);
      default:
        unreachable(effect);
    }
  }

  /** Runs after a while, unless the process died meanwhile. */
  private later(delayMs: number, run: () => void): void {
    const life = this.life;
    this.around.queue.after(delayMs, () => {
      if (life === this.life && this.isUp) run();
    });
  }

  private store(effect: Extract<Effect, { kind: 'store' }>): void {
    this.announceErasing(effect.writes);
    if (this.around.isVerbose)
      this.around.trace?.(`${this.id} writes ${effect.writes.map(writeInBrief).join(', ')}`);
    this.volume.write(effect.writes);
    this.tickets.push(effect.ticket);
    if (!this.isSyncing) this.beginSync();
  }

  /** What goes together with a new document is dropped as that document says: no clean-up. */
  private announceErasing(writes: readonly StoreWrite[]): void {
    if (writes.some((write) => write.kind === 'document')) return;
    const { slots, corrupt } = this.volume.applied;
    for (const write of writes) {
      const records = write.kind === 'erase-slot' ? slots.get(write.slot) : undefined;
      if (write.kind !== 'erase-slot' || records === undefined) continue;
      const readable = records.filter(({ key }) => !corrupt.has(key.text));
      this.around.erasing(this, write.slot, readable);
    }
  }

  /** Group commit: one sync for all writes that arrived meanwhile. */
  private beginSync(): void {
    const covered = this.tickets.length;
    const [low, high] = this.around.disk.syncMs;
    this.isSyncing = true;
    const stall = Math.max(0, this.stalledUntilMs - this.around.queue.nowMs);
    this.later(stall + between(this.around.rng, low, high), () => {
      this.volume.sync(covered);
      const done = this.tickets.splice(0, covered);
      this.isSyncing = false;
      for (const ticket of done) this.input({ kind: 'stored', ticket });
      if (this.isUp && this.tickets.length > 0 && !this.isSyncing) this.beginSync();
    });
  }

  private load(effect: Extract<Effect, { kind: 'load' }>): void {
    const { rng, disk } = this.around;
    const { ticket, key } = effect;
    if (!chance(rng, disk.miss)) {
      const object = this.volume.applied.load(key);
      this.later(0, () => {
        this.input({ kind: 'loaded', ticket, object });
      });
      return;
    }
    const early = chance(rng, 0.5) ? this.volume.applied.load(key) : undefined;
    this.later(between(rng, 1, Math.max(1, disk.missMs)), () => {
      const object = early === undefined ? this.volume.applied.load(key) : early;
      this.input({ kind: 'loaded', ticket, object });
    });
  }

  /** The page is taken at a random instant between the order and the answer. */
  private scan(effect: Extract<Effect, { kind: 'scan' }>): void {
    const { rng, disk } = this.around;
    const limit = disk.pageRecords === 0 ? effect.limit : Math.min(effect.limit, disk.pageRecords);
    const early = chance(rng, 0.5) ? this.volume.applied.scan(effect, limit) : null;
    this.later(between(rng, 0, Math.max(1, disk.missMs)), () => {
      const page = early ?? this.volume.applied.scan(effect, limit);
      this.input({ kind: 'scanned', ticket: effect.ticket, ...page });
    });
  }

  private scanHints(effect: Extract<Effect, { kind: 'scan-hints' }>): void {
    const { rng, disk } = this.around;
    const limit = disk.pageRecords === 0 ? effect.limit : Math.min(effect.limit, disk.pageRecords);
    this.later(between(rng, 0, Math.max(1, disk.missMs)), () => {
      const page = this.volume.applied.scanHints(effect.target, effect.after, limit);
      this.input({ kind: 'scanned-hints', ticket: effect.ticket, ...page });
    });
  }

  setFull(full: boolean): void {
    this.volume.isFull = full;
    this.input({ kind: 'disk', full, freeBytes: full ? 0 : FREE_BYTES });
  }

  /** The process ends now. With the power on, most of what it wrote is still in the kernel's hands. */
  die(why: string, powerStays: boolean): void {
    if (this.replica === null) return;
    const { rng } = this.around;
    const pending = this.volume.unsynced.length;
    if (!powerStays || chance(rng, 0.5)) this.volume.cutAt(between(rng, 0, pending));
    this.end();
    this.around.died(this, why);
  }

  /** Stopped in order: everything synced (the storage port's close). */
  stopInOrder(): void {
    if (this.replica === null) return;
    this.volume.sync(this.volume.unsynced.length);
    this.end();
    this.around.died(this, 'stops in order');
  }

  private end(): void {
    this.replica = null;
    this.incarnation = null;
    this.adopted = null;
    this.process = 'stopped';
    this.life++;
  }

  report(): NodeReport | null {
    if (this.replica === null) return null;
    const volume = this.volume;
    let keys = 0;
    for (const records of volume.applied.slots.values()) keys += records.length;
    return {
      ...reportOf(this.replica),
      volume: volume.uid,
      keys,
      bytes: keys * 100,
      diskFreeBytes: volume.isFull ? 0 : FREE_BYTES,
      draining: this.draining,
    };
  }

  clusterId(): ClusterId | null {
    return this.adopted?.clusterId ?? null;
  }
}
