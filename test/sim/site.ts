// Where nodes run: machines, their volumes, and the supervisor that restarts what crashed. What
// Kubernetes is to the operator, this is to the simulated one.
import { epoch, nodeId, zone, type Incarnation, type NodeId } from '../../core/api/ids.ts';
import type { Receipt } from '../../core/api/ring-document.ts';
import type { Rng } from '../../core/rng.ts';
import { between } from './chance.ts';
import { Machine, type Surroundings } from './machine.ts';
import { Volume } from './volume.ts';

/** A deletion that was carried out, for the checker of I6. */
export interface Removal {
  readonly machine: NodeId;
  readonly incarnation: Incarnation | null;
  readonly volume: Volume;
  readonly receipt: Receipt | null;
}

/** ms until a stopping process goes although something is in flight. */
const DRAIN_MS = 3_000;

export class Site {
  readonly machines = new Map<NodeId, Machine>();
  /** Volumes that are gone or belong to another incarnation now, by who they were. */
  readonly lost = new Map<Incarnation, Volume>();
  /** Restored in place: what they had confirmed may be gone, and only what peers remember tells (R9). */
  readonly rolledBack = new Set<Incarnation>();
  /** Taken away on purpose. */
  readonly removed = new Map<Incarnation, Volume>();
  /** Processes that nobody may start (transcripts). */
  readonly barred = new Set<NodeId>();
  /** Machines whose host is gone: they are there for the operator to see, and never run. */
  readonly hostless = new Set<Machine>();
  /** Where each running incarnation runs. */
  readonly homes = new Map<Incarnation, Machine>();
  zones = 1;
  slotBits = 3;
  /** The supervisor leaves crashed processes alone while it is false. */
  restarts = true;
  private inOrder: readonly Machine[] | null = null;
  private readonly around: Surroundings;
  private readonly rng: Rng;

  constructor(around: Surroundings, rng: Rng) {
    this.around = around;
    this.rng = rng;
  }

  /** Ascending by ordinal. */
  all(): readonly Machine[] {
    this.inOrder ??= [...this.machines.values()].sort((a, b) => ordinalOf(a.id) - ordinalOf(b.id));
    return this.inOrder;
  }

  running(): Machine[] {
    return this.all().filter((machine) => machine.isUp);
  }

  start(id: NodeId, revision: string): void {
    let machine = this.machines.get(id);
    if (machine === undefined) {
      const name = zone(`zone-${ordinalOf(id) % this.zones}`);
      machine = new Machine(this.around, id, name, `${id}:8082`, this.freshVolume());
      this.machines.set(id, machine);
      this.inOrder = null;
    }
    if (machine.process !== 'stopped') return;
    machine.revision = revision;
    this.boot(machine, between(this.rng, 5, 150));
  }

  freshVolume(): Volume {
    return new Volume(`volume-${this.around.freshText()}`, this.slotBits);
  }

  boot(machine: Machine, delayMs: number): void {
    if (machine.process !== 'stopped' || this.barred.has(machine.id)) return;
    machine.process = 'starting';
    this.around.queue.after(delayMs, () => {
      if (machine.process !== 'starting' || this.machines.get(machine.id) !== machine) return;
      if (this.hostless.has(machine)) return;
      machine.start();
      if (machine.isUp && machine.incarnation !== null)
        this.homes.set(machine.incarnation, machine);
    });
  }

  /** It has a host again, and starts. */
  findHost(machine: Machine, delayMs: number): void {
    this.hostless.delete(machine);
    if (this.machines.get(machine.id) !== machine) return;
    if (machine.process === 'starting') machine.process = 'stopped';
    this.boot(machine, delayMs);
  }

  /** In order: what is in flight gets a moment, then the store is closed, then it starts again. */
  restart(id: NodeId, revision: string): void {
    const machine = this.machines.get(id);
    if (machine !== undefined && this.hostless.has(machine)) machine.revision = revision;
    if (machine === undefined || !machine.isUp || machine.process !== 'running') return;
    this.stop(machine, () => {
      machine.revision = revision;
      this.boot(machine, between(this.rng, 20, 200));
    });
  }

  stop(machine: Machine, then: () => void): void {
    machine.process = 'stopping';
    machine.draining = true;
    const life = machine.starts;
    const { queue } = this.around;
    const deadlineMs = queue.nowMs + DRAIN_MS;
    const look = (): void => {
      if (machine.starts !== life || machine.process !== 'stopping') return;
      if (!machine.drained && queue.nowMs < deadlineMs)
        return queue.after(between(this.rng, 5, 40), look);
      machine.stopInOrder();
      then();
    };
    machine.input({ kind: 'drain' });
    queue.after(between(this.rng, 5, 40), look);
  }

  /** Stops the node and deletes its volume. */
  remove(id: NodeId): Volume | null {
    const machine = this.machines.get(id);
    if (machine === undefined) return null;
    machine.die('removed', true);
    this.machines.delete(id);
    this.inOrder = null;
    const { volume } = machine;
    if (volume.identity !== null) this.removed.set(volume.identity.incarnation, volume);
    return volume;
  }

  /** The process is gone: its supervisor starts it again after a while. */
  noteDeath(machine: Machine, downMs: number): void {
    for (const [own, home] of this.homes) if (home === machine) this.homes.delete(own);
    if (this.restarts && machine.process === 'stopped') this.reviveLater(machine, downMs);
  }

  private reviveLater(machine: Machine, downMs: number): void {
    const life = machine.starts;
    this.around.queue.after(downMs, () => {
      if (machine.starts === life && this.machines.get(machine.id) === machine)
        this.boot(machine, 0);
    });
  }

  /** The volume is gone for good; the next start finds an empty one. */
  loseVolume(machine: Machine): void {
    machine.die('loses its volume', false);
    const { volume } = machine;
    if (volume.identity !== null) this.lost.set(volume.identity.incarnation, volume);
    machine.volume = this.freshVolume();
  }

  /**
   * A snapshot is restored into a new volume: older content under another UID. `inPlace`: under the
   * same one, so that only what peers have seen of it can tell (R9).
   */
  restoreVolume(machine: Machine, inPlace = false): void {
    const { snapshot } = machine.volume;
    if (snapshot === null) return;
    machine.die('has its volume restored from a snapshot', false);
    const old = machine.volume;
    const restored = inPlace ? new Volume(old.uid, this.slotBits) : this.freshVolume();
    restored.identity = snapshot.identity;
    restored.applied = snapshot.contents.copy();
    restored.durable = snapshot.contents.copy();
    machine.volume = restored;
    if (inPlace && old.identity !== null) {
      const { incarnation } = old.identity;
      this.rolledBack.add(incarnation);
      this.around.rolledBack(incarnation, epoch(restored.durable.document?.epoch ?? 0));
    }
    if (inPlace || old.identity === null || this.around.without.has('R9')) return;
    this.lost.set(old.identity.incarnation, old);
  }

  /** What the incarnation holds or, if it was destroyed, held when it was. */
  volumeOf(own: Incarnation): Volume | undefined {
    const gone = this.lost.get(own);
    if (gone !== undefined) return gone;
    for (const machine of this.machines.values()) {
      if (machine.volume.identity?.incarnation === own) return machine.volume;
    }
    return this.removed.get(own);
  }
}

/** The id of the node with this ordinal. */
export function nameOf(ordinal: number): NodeId {
  return nodeId(`dev-${ordinal}`);
}

export function ordinalOf(id: NodeId): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}
