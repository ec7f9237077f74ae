// Takes members away for so long that their seats are given away, and brings them back or proves them gone.
import type { NodeId } from '../../core/api/ids.ts';
import type { RingDocument, Seat } from '../../core/api/ring-document.ts';
import { toleratesMissing } from '../../core/membership/barrier.ts';
import { memberOf } from '../../core/membership/document.ts';
import type { Rng } from '../../core/rng.ts';
import { mayDestroy, tellOperators } from './budget.ts';
import { between, pick } from './chance.ts';
import type { Machine } from './machine.ts';
import type { Absence, Going } from './setting.ts';
import { Wishes } from './wishes.ts';
import type { World } from './world.ts';

interface Away extends Pick<Absence, 'how' | 'ending'> {
  readonly end: () => void;
}

/** Carries the absences of one schedule out. */
export class Absences {
  private readonly world: World;
  private readonly rng: Rng;
  private readonly wishes: Wishes;
  private readonly away = new Map<Machine, Away>();

  constructor(world: World, rng: Rng) {
    this.world = world;
    this.rng = rng;
    this.wishes = new Wishes(world, rng);
  }

  begin(): void {
    const { setting, queue } = this.world;
    for (const absence of setting.silence?.absences ?? []) {
      queue.after(absence.atMs, () => {
        this.leave(absence);
      });
    }
  }

  /** Nodes that are away now: of a dead one only itself, while a cut hides whoever has the name. */
  get ids(): ReadonlySet<NodeId> {
    const { machines } = this.world.site;
    const away = [...this.away].filter(
      ([machine, { how }]) => how !== 'dead' || machines.get(machine.id) === machine,
    );
    return new Set(away.map(([{ id }]) => id));
  }

  private leave({ how, ending, lastsMs, wish }: Absence): void {
    const { world, rng } = this;
    const present = world.site.running().filter((machine) => !this.away.has(machine));
    if (present.length === 0) return;
    const machine = pick(rng, present);
    world.faults++;
    world.trace?.(`FAULT ${machine.id} is away: ${how}`);
    this.away.set(machine, { how, ending, end: this.hide(machine, how) });
    if (ending === 'returns') {
      world.queue.after(lastsMs, () => {
        this.comeBack(machine);
      });
    } else if (ending === 'gone') {
      world.queue.after(lastsMs, () => {
        this.provedGone(machine);
      });
    }
    if (wish !== null) {
      world.queue.after(wish.afterMs, () => {
        this.wishes.wish(wish.kind);
      });
    }
  }

  private hide(machine: Machine, how: Going): () => void {
    const { site, network, operators } = this.world;
    if (how === 'dead') {
      machine.die('is gone with its host', false);
      site.hostless.add(machine);
      return () => {
        site.findHost(machine, between(this.rng, 1, 200));
      };
    }
    const names = operators.map(({ name }) => name);
    const others = how === 'cut' ? site.all().filter((other) => other !== machine) : [];
    const all = [...names, ...others.map(({ id }) => id)];
    const heal = [network.cut([machine.id], all), network.cut(all, [machine.id])];
    return () => {
      for (const end of heal) end();
    };
  }

  private comeBack(machine: Machine): void {
    const absence = this.away.get(machine);
    if (absence === undefined) return;
    this.away.delete(machine);
    this.world.trace?.(`${machine.id} is back`);
    absence.end();
  }

  /** Within the budget; else it is back with its volume. */
  private provedGone(machine: Machine): void {
    const { world } = this;
    if (!this.away.has(machine)) return;
    if (world.site.machines.get(machine.id) === machine && mayDestroy(world, machine, null)) {
      world.trace?.(`FAULT the volume of ${machine.id} is proved gone`);
      world.site.loseVolume(machine);
      tellOperators(world);
    }
    this.comeBack(machine);
  }

  /**
   * After the trouble: those who were to come in time do. One operator is left: two of which only one hears
   * a member would go back and forth for ever.
   */
  settle(): void {
    if (this.world.setting.silence !== undefined)
      for (const operator of this.world.operators.slice(1)) operator.retire();
    for (const [machine, { ending }] of [...this.away]) {
      if (ending === 'returns') this.comeBack(machine);
      else if (ending === 'gone') this.provedGone(machine);
    }
  }

  /** The late ones come; with `everybody` also those who never would. */
  summon(everybody: boolean): void {
    for (const [machine, { ending }] of [...this.away])
      if (everybody || ending !== 'never') this.comeBack(machine);
  }

  /** True where none of them has a seat any more: what is asked for can be had without their word. */
  haveGivenWay(): boolean {
    const { document } = this.world.store;
    return document?.phase === 'stable' && this.seatsOf(document).length === 0;
  }

  /** Newcomers that do not start: only one of them is passed over, the others are waited for. */
  unstarted(): number {
    const { site, store } = this.world;
    const members = store.document?.members ?? [];
    const newcomers = [...this.ids].filter((own) => members.every(({ id }) => id !== own));
    return newcomers.filter((id) => site.machines.get(id)?.process === 'starting').length;
  }

  private seatsOf(document: RingDocument): readonly Seat[] {
    const { ids } = this;
    return document.current.seats.filter(({ incarnation }) =>
      ids.has(memberOf(document, incarnation)!.id),
    );
  }

  /**
   * True where nothing in the protocol keeps the seats of those who are away: the ring as it is bears their
   * silence (R5) and most seats answer (I2). Whoever else is to leave must wait for them.
   */
  mustGiveWay(): boolean {
    const { store, desired, site } = this.world;
    const { document } = store;
    if (document?.phase !== 'stable') return false;
    const { current } = document;
    const { ids } = this;
    const heard = new Set(
      site.running().flatMap(({ id, incarnation }) => (ids.has(id) ? [] : [incarnation])),
    );
    const silent = current.seats
      .map(({ incarnation }) => incarnation)
      .filter((own) => !heard.has(own));
    return (
      this.seatsOf(document).length > 0 &&
      desired.replicationFactor >= current.replicationFactor &&
      2 * silent.length < current.seats.length &&
      toleratesMissing(current, new Set(silent))
    );
  }
}
