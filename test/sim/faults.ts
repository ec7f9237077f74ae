// What goes wrong, and how: one function a fault. Destroying copies keeps within what the quorums
// survive, unless the schedule is a disaster; everything else may strike at any moment.
import { unreachable } from '../../core/assert.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { Rng } from '../../core/rng.ts';
import { mayDestroy, tellOperators } from './budget.ts';
import { between, chance, pick, sample, weighted } from './chance.ts';
import type { Machine } from './machine.ts';
import type { Operator } from './operator.ts';
import type { Fault } from './setting.ts';
import type { World } from './world.ts';

const MACHINE_FAULTS = [
  'kill',
  'kill-mid-step',
  'power-loss',
  'restart',
  'lose-volume',
  'restore-volume',
  'corrupt',
  'disk-full',
  'disk-stall',
  'reset',
  'clock',
] as const satisfies readonly Fault[];
type MachineFault = (typeof MACHINE_FAULTS)[number];

/** ms: far beyond the skew at which a peer's clock is not adopted. */
const FAR_MS = 3 * 3600 * 1000;

function isMachineFault(kind: Fault): kind is MachineFault {
  return MACHINE_FAULTS.some((one) => one === kind);
}

/** Faults begin at random times of the troubled span; each ends by itself or at the latest with it. */
export class Faults {
  /** Faults that struck, by kind. */
  readonly struck = new Map<Fault, number>();
  private readonly world: World;
  private readonly rng: Rng;
  private readonly untilMs: number;
  private readonly undo = new Set<() => void>();
  private operators = 1;
  private aimed = 0;
  /** Whose clock is far from the others'. */
  private farClock: NodeId | null = null;

  constructor(world: World, rng: Rng, untilMs: number) {
    this.world = world;
    this.rng = rng;
    this.untilMs = untilMs;
  }

  begin(): void {
    const { setting, queue } = this.world;
    for (let i = 0; i < setting.faults; i++) {
      queue.after(between(this.rng, 0, Math.max(1, this.untilMs - queue.nowMs)), () => {
        this.strike();
      });
    }
  }

  /** The moments around a new phase are the ones that matter most. */
  phaseStored(): void {
    const { setting, queue } = this.world;
    if (
      queue.nowMs > this.untilMs ||
      this.aimed >= setting.faults ||
      !chance(this.rng, setting.aim)
    )
      return;
    this.aimed++;
    queue.after(between(this.rng, 1, 250), () => {
      this.strike();
    });
  }

  /** The trouble is over: cuts heal, disks recover, clocks stay as they are, everything runs again. */
  end(): void {
    for (const undo of [...this.undo]) undo();
    const { world } = this;
    world.network.weather = { drop: 0, duplicate: 0, slow: 0, slowMs: 0, ordered: true };
    world.habits = { deaths: 0, staleReads: 0 };
    for (const operator of world.operators.slice(1)) operator.die();
    const first = world.operators[0];
    if (first !== undefined && !first.isAlive) first.begin();
    for (const machine of world.site.all()) {
      machine.doom = -1;
      machine.stalledUntilMs = 0;
      world.site.boot(machine, between(this.rng, 1, 200));
    }
  }

  private strike(): void {
    if (this.world.queue.nowMs > this.untilMs) return;
    let kind = weighted(this.rng, this.world.setting.faultWeights);
    if (!this.strikeOne(kind)) {
      kind = chance(this.rng, 0.5) ? 'kill' : 'cut';
      if (!this.strikeOne(kind)) return;
    }
    this.world.faults++;
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
  }

  private trace(line: string): void {
    this.world.trace?.(`FAULT ${line}`);
  }

  /** Ends after a while, and at the latest with the trouble. */
  private forAWhile(lowMs: number, highMs: number, end: () => void): void {
    let ended = false;
    const undo = (): void => {
      if (ended) return;
      ended = true;
      this.undo.delete(undo);
      end();
    };
    this.undo.add(undo);
    this.world.queue.after(between(this.rng, lowMs, highMs), undo);
  }

  private victim(): Machine | null {
    const running = this.world.site.running();
    return running.length === 0 ? null : pick(this.rng, running);
  }

  /** False: there was nothing to strike, or more than the quorums survive. */
  strikeOne(kind: Fault): boolean {
    if (isMachineFault(kind)) {
      const machine = this.victim();
      return machine !== null && this.strikeMachine(kind, machine);
    }
    switch (kind) {
      case 'blackout':
        return this.blackout();
      case 'cut':
      case 'one-way':
        return this.cut(kind === 'one-way');
      case 'isolate-operator':
        return this.isolateOperator();
      case 'storm':
        return this.storm();
      case 'operator-kill':
        return this.killOperator();
      case 'second-operator':
        return this.secondOperator();
      case 'stale-reads':
        return this.staleReads();
      case 'restore-store':
        return this.restoreStore();
      default:
        return unreachable(kind);
    }
  }

  private strikeMachine(kind: MachineFault, machine: Machine): boolean {
    const { rng } = this;
    this.trace(`${kind} ${machine.id}`);
    switch (kind) {
      case 'kill':
        machine.die('is killed', true);
        return true;
      case 'kill-mid-step':
        machine.doom = between(rng, 1, 30);
        return true;
      case 'power-loss':
        machine.die('loses power', false);
        return true;
      case 'restart':
        this.world.site.restart(machine.id, machine.revision);
        return true;
      case 'disk-full':
        machine.setFull(true);
        this.forAWhile(300, 3_000, () => {
          machine.setFull(false);
        });
        return true;
      case 'disk-stall':
        machine.stalledUntilMs = this.world.queue.nowMs + between(rng, 100, 2_500);
        return true;
      case 'clock':
        return this.shakeClock(machine);
      case 'reset':
        return this.reset(machine);
      case 'corrupt':
        return this.corrupt(machine);
      case 'lose-volume':
      case 'restore-volume':
        return this.destroy(kind, machine);
      default:
        return unreachable(kind);
    }
  }

  /** Small shifts and drift; now and then hours, where no expiry would be judged by it. */
  private shakeClock(machine: Machine): boolean {
    const { rng } = this;
    // One clock at a time may be that wrong: all clocks of a set together could age a tombstone (R10).
    const isAlone = this.farClock === null || this.farClock === machine.id;
    const isFar = isAlone && this.world.setting.expiryShare === 0 && chance(rng, 0.4);
    if (isFar) {
      this.farClock = machine.id;
      machine.clockOffsetMs += between(rng, -FAR_MS, FAR_MS);
    }
    if (isFar) return true;
    if (chance(rng, 0.5)) machine.clockOffsetMs += between(rng, -400, 400);
    else machine.clockRate = 1 + (rng.fraction() - 0.5) * 0.04;
    return true;
  }

  private reset(machine: Machine): boolean {
    const others = this.world.site.running().filter((other) => other !== machine);
    const peer = others.length === 0 ? null : pick(this.rng, others);
    if (peer?.incarnation == null || machine.incarnation === null) return false;
    const own = machine.incarnation;
    machine.input({ kind: 'disconnected', peer: peer.incarnation });
    peer.input({ kind: 'disconnected', peer: own });
    return true;
  }

  private blackout(): boolean {
    this.trace('all power is lost');
    for (const machine of this.world.site.running()) machine.die('loses power', false);
    return true;
  }

  private cut(isOneWay: boolean): boolean {
    const ids = this.world.site.all().map((machine) => machine.id as string);
    if (ids.length < 2) return false;
    const some = sample(this.rng, ids, between(this.rng, 1, ids.length - 1));
    const rest = ids.filter((id) => !some.includes(id));
    // Now and then the operators stand on one side of it, too.
    if (chance(this.rng, 0.5))
      pick(this.rng, [some, rest]).push(...this.world.operators.map((o) => o.name));
    this.trace(`cut ${some.join(' ')} ${isOneWay ? 'from speaking to' : 'from'} ${rest.join(' ')}`);
    const healOut = this.world.network.cut(some, rest);
    const healIn = isOneWay ? null : this.world.network.cut(rest, some);
    this.forAWhile(200, 4_000, () => {
      healOut();
      healIn?.();
      this.trace('the cut heals');
    });
    return true;
  }

  private isolateOperator(): boolean {
    const ids = this.world.site.all().map((machine) => machine.id as string);
    const some = sample(
      this.rng,
      ids,
      chance(this.rng, 0.5) ? 1 : between(this.rng, 1, ids.length),
    );
    this.trace(`no operator reaches ${some.join(' ')}`);
    const heal = this.world.network.cut(
      this.world.operators.map((operator) => operator.name),
      some,
    );
    this.forAWhile(300, 6_000, heal);
    return true;
  }

  private storm(): boolean {
    const { network } = this.world;
    const before = network.weather;
    network.weather = {
      drop: this.rng.fraction() * 0.4,
      duplicate: this.rng.fraction() * 0.4,
      slow: this.rng.fraction(),
      slowMs: between(this.rng, 10, 1_500),
      ordered: false,
    };
    this.forAWhile(200, 2_500, () => {
      network.weather = before;
    });
    return true;
  }

  private killOperator(): boolean {
    const alive = this.world.operators.filter((operator) => operator.isAlive);
    if (alive.length === 0) return false;
    const operator = pick(this.rng, alive);
    this.trace(`kill ${operator.name}`);
    operator.die();
    this.world.queue.after(between(this.rng, 100, 4_000), () => {
      this.revive(operator);
    });
    return true;
  }

  private revive(operator: Operator): void {
    if (
      !operator.isAlive &&
      (this.world.queue.nowMs < this.untilMs || operator === this.world.operators[0])
    ) {
      operator.begin();
    }
  }

  private secondOperator(): boolean {
    if (this.operators >= 3) return false;
    const operator = this.world.startOperator(`operator-${this.operators++}`);
    this.trace(`${operator.name} runs too`);
    return true;
  }

  private staleReads(): boolean {
    const { habits } = this.world;
    const before = habits.staleReads;
    habits.staleReads = 0.5;
    this.forAWhile(500, 3_000, () => {
      habits.staleReads = before;
    });
    return true;
  }

  /** An older document is restored. The newest one must still be provable: most members hold it, reachable. */
  private restoreStore(): boolean {
    const { store, site } = this.world;
    const newest = store.document;
    if (newest === null || store.written.length < 2) return false;
    const holders = site.running().filter((machine) => machine.adopted?.epoch === newest.epoch);
    if (holders.length < 2) return false;
    const older = pick(this.rng, store.written.slice(-4, -1));
    if (older.epoch >= newest.epoch) return false;
    this.trace(`the store is restored to epoch ${older.epoch} (was ${newest.epoch})`);
    store.document = { ...older };
    return true;
  }

  private corrupt(machine: Machine): boolean {
    const records = [...machine.volume.durable.slots.values()].flat();
    if (records.length === 0) return false;
    const { key } = pick(this.rng, records);
    if (!mayDestroy(this.world, machine, key.text) || machine.volume.unsynced.length > 0)
      return false;
    this.trace(`${key.text} is damaged`);
    machine.volume.durable.corrupt.add(key.text);
    machine.volume.applied.corrupt.add(key.text);
    return true;
  }

  private destroy(kind: MachineFault, machine: Machine): boolean {
    if (!mayDestroy(this.world, machine, null)) return false;
    if (kind === 'lose-volume') {
      this.world.site.loseVolume(machine);
      tellOperators(this.world);
      return true;
    }
    machine.volume.takeSnapshot();
    this.world.queue.after(between(this.rng, 200, 2_500), () => {
      if (machine.volume.snapshot === null || !mayDestroy(this.world, machine, null)) return;
      // In place nothing but what peers remember tells: more than quorums can be sure to survive.
      const inPlace = this.world.setting.disaster && chance(this.rng, 0.5);
      if (this.world.queue.nowMs >= this.untilMs) return;
      this.world.site.restoreVolume(machine, inPlace);
      if (!inPlace) tellOperators(this.world);
    });
    return true;
  }
}
