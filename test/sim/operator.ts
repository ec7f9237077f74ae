// The operator in the simulated world: the production planner over an in-memory platform. It may be
// killed before and after each action, run twice, and see what was true a while ago.
import { changeId, clusterId, type Incarnation, type NodeId } from '../../core/api/ids.ts';
import type { Receipt, RingDocument } from '../../core/api/ring-document.ts';
import { unreachable } from '../../core/assert.ts';
import { memberOf } from '../../core/membership/document.ts';
import type { Rule } from '../../core/replica/rules.ts';
import type { Rng } from '../../core/rng.ts';
import type { Action } from '../../operator/planner/actions.ts';
import type { Desired, Observed, ObservedNode } from '../../operator/planner/observed.ts';
import { plan, type Plan } from '../../operator/planner/plan.ts';
import { between, chance } from './chance.ts';
import type { Machine } from './machine.ts';
import type { EventQueue } from './queue.ts';
import { nameOf, type Removal, type Site } from './site.ts';

/** The stored ring document, with compare-and-set; a restore may bring back an older one. */
export class DocumentStore {
  document: RingDocument | null = null;
  /** Everything that was ever stored, oldest first. */
  readonly written: RingDocument[] = [];

  replace(document: RingDocument, expected: RingDocument | null): boolean {
    if (this.document !== expected) return false;
    this.document = document;
    this.written.push(document);
    return true;
  }
}

/** What operators share: the world that they watch and change. */
export interface OperatorWorld {
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly site: Site;
  readonly store: DocumentStore;
  desired: Desired;
  readonly without: ReadonlySet<Rule>;
  /** Chance per pass to die before, and after, the action; and to see stale things. */
  habits: { deaths: number; staleReads: number };
  readonly wallMs: () => number;
  readonly freshText: () => string;
  /** False: the operator of that name cannot talk to the node. */
  reaches(operator: string, node: NodeId): boolean;
  stored(document: RingDocument, replaces: RingDocument | null): void;
  removing(removal: Removal): void;
  trace: ((line: string) => void) | null;
}

export class Operator {
  readonly name: string;
  isAlive = true;
  /** The newest plan, for transcripts and for the check that nothing is left to do. */
  lastPlan: Plan | null = null;
  passes = 0;
  private readonly world: OperatorWorld;
  /** Planned, and about to be applied. */
  isActing = false;
  private lastObserved: Observed | null = null;
  private life = 0;
  private isRetired = false;
  /** When each node was last heard, or first seen where it never was; ms. */
  private readonly heardMs = new Map<NodeId, number>();

  constructor(world: OperatorWorld, name: string) {
    this.world = world;
    this.name = name;
  }

  /** Dead for good. */
  retire(): void {
    this.isRetired = true;
    this.die();
  }

  begin(): void {
    if (this.isRetired) return;
    this.isAlive = true;
    this.life++;
    this.heardMs.clear();
    this.passLater(between(this.world.rng, 1, 50));
  }

  die(): void {
    this.isAlive = false;
    this.isActing = false;
    this.life++;
    this.lastObserved = null;
  }

  /** What it sees next is no older than now. */
  lookAfresh(): void {
    this.lastObserved = null;
  }

  private passLater(delayMs: number): void {
    const life = this.life;
    this.world.queue.after(delayMs, () => {
      if (life === this.life) this.pass();
    });
  }

  /** Observe, plan, and after a moment apply: the world may have moved on meanwhile. */
  pass(): void {
    const { world } = this;
    this.passes++;
    const isStale = this.lastObserved !== null && chance(world.rng, world.habits.staleReads);
    const observed = isStale ? this.lastObserved! : this.observe();
    this.lastObserved = observed;
    this.lastPlan = plan(world.desired, observed, world.without);
    const { action } = this.lastPlan;
    if (action.kind === 'none') return this.passLater(between(world.rng, 300, 1_000));
    if (chance(world.rng, world.habits.deaths)) return this.dieForAWhile('before', action);
    const life = this.life;
    const delay = chance(world.rng, world.habits.staleReads)
      ? between(world.rng, 50, 1_500)
      : between(world.rng, 1, 15);
    this.isActing = true;
    world.queue.after(delay, () => {
      if (life !== this.life) return;
      this.isActing = false;
      this.apply(action);
      if (chance(world.rng, world.habits.deaths)) return this.dieForAWhile('after', action);
      this.passLater(between(world.rng, 20, 120));
    });
  }

  private dieForAWhile(when: string, action: Action): void {
    this.world.trace?.(`${this.name} is killed ${when} ${action.kind}`);
    this.die();
    this.world.queue.after(between(this.world.rng, 50, 2_000), () => {
      if (!this.isAlive) this.begin();
    });
  }

  observe(): Observed {
    const { world } = this;
    const machines = world.site.all();
    for (const id of this.heardMs.keys()) if (!world.site.machines.has(id)) this.heardMs.delete(id);
    const nodes = machines.map((machine) => this.observeNode(machine));
    let highest: RingDocument | null = null;
    for (const machine of machines) {
      const held = machine.adopted;
      if (held === null || !this.hears(machine)) continue;
      if (highest === null || held.epoch > highest.epoch) highest = held;
    }
    return {
      nowMs: world.wallMs(),
      document: world.store.document,
      highest,
      nodes,
      // Who was taken away before a stale author named it is as lost as one whose volume broke.
      lostIncarnations: [...world.site.lost.keys(), ...world.site.removed.keys()],
      releasedVolumes: [],
      loads: new Map(),
      fresh: { clusterId: clusterId(world.freshText()), changeId: changeId(world.freshText()) },
      nameOf,
    };
  }

  private hears(machine: Machine): boolean {
    return machine.isUp && this.world.reaches(this.name, machine.id);
  }

  private observeNode(machine: Machine): ObservedNode {
    const report = this.hears(machine) ? machine.report() : null;
    const now = this.world.queue.nowMs;
    if (report !== null) machine.lastAnsweredMs = now;
    return {
      id: machine.id,
      address: machine.address,
      zone: machine.zone,
      process: machine.process,
      volume: machine.volume.uid,
      revision: machine.revision,
      report,
      silentMs: this.silenceOf(machine, report !== null),
    };
  }

  /** As the operator counts it by itself; older schedules take all operators for one that saw everything. */
  private silenceOf(machine: Machine, isHeard: boolean): number {
    const now = this.world.queue.nowMs;
    if (this.world.desired.replaceAfterMs === null)
      return isHeard ? 0 : now - machine.lastAnsweredMs;
    if (isHeard || !this.heardMs.has(machine.id)) this.heardMs.set(machine.id, now);
    return now - this.heardMs.get(machine.id)!;
  }

  apply(action: Action): void {
    const { world } = this;
    world.trace?.(`${this.name} ${describe(action)}`);
    switch (action.kind) {
      case 'none':
        return;
      case 'start-node':
        return world.site.start(action.id, world.desired.revision);
      case 'restart-node':
        return world.site.restart(action.id, world.desired.revision);
      case 'store-document':
        if (world.store.replace(action.document, action.replaces)) {
          world.stored(action.document, action.replaces);
        } else
          world.trace?.(`${this.name} lost the compare-and-set of epoch ${action.document.epoch}`);
        return;
      case 'post-document':
        for (const id of action.to) this.post(id, action.document);
        return;
      case 'remove-node':
        return this.remove(action.id, action.incarnation, action.receipt);
      default:
        unreachable(action);
    }
  }

  private post(id: NodeId, document: RingDocument): void {
    const machine = this.world.site.machines.get(id);
    if (machine !== undefined && this.hears(machine)) machine.input({ kind: 'document', document });
  }

  /** The platform's own check at the moment of deletion: the stored document must allow it (I6). */
  private remove(id: NodeId, own: Incarnation | null, receipt: Receipt | null): void {
    const { world } = this;
    const machine = world.site.machines.get(id);
    const document = world.store.document;
    if (machine === undefined) return;
    const there = machine.volume.identity?.incarnation ?? null;
    if (there !== own)
      return world.trace?.(`${this.name} does not remove ${id}: ${there ?? 'nobody'} lives there`);
    const isNamed = document !== null && own !== null && memberOf(document, own) !== undefined;
    const isProved =
      receipt !== null &&
      document?.receipts.some(
        (held) =>
          held.incarnation === own &&
          held.volume === machine.volume.uid &&
          held.change === receipt.change,
      ) === true;
    const isLost = own !== null && world.site.lost.has(own);
    if (isNamed && !isProved && !isLost) {
      return world.trace?.(`${this.name} does not remove ${id}: no receipt for ${own}`);
    }
    world.removing({ machine: id, incarnation: own, volume: machine.volume, receipt });
    world.site.remove(id);
  }
}

function describe(action: Action): string {
  switch (action.kind) {
    case 'none':
      return 'waits';
    case 'store-document':
      return (
        `stores epoch ${action.document.epoch} ${action.document.phase}` +
        (action.document.change === null ? '' : ` (${action.document.change.summary})`)
      );
    case 'post-document':
      return `posts epoch ${action.document.epoch} to ${action.to.join(' ')}`;
    case 'start-node':
      return `starts ${action.id}`;
    case 'restart-node':
      return `restarts ${action.id}: ${action.why}`;
    case 'remove-node':
      return `removes ${action.id} ${action.incarnation ?? ''}`;
    default:
      return unreachable(action);
  }
}
