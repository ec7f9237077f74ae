// Small scopes, exhausted: 3 → 4 → 3 members with writers, and one crash, one loss of power, one lost
// volume, or one cut of each node at each step of the whole way.
import type { NodeId } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';
import type { Rule } from '../../core/replica/rules.ts';
import { judgeHistory } from './checkers/history.ts';
import { unrest } from './checkers/rest.ts';
import type { Violation } from './checkers/violation.ts';
import { calmSetting } from './setting.ts';
import { nameOf } from './site.ts';
import { World } from './world.ts';

export const BLOWS = ['crash', 'power loss', 'lost volume', 'cut'] as const;
export type Blow = (typeof BLOWS)[number];

/** Which node is struck how, after how many events of the way. */
export interface Case {
  readonly blow: Blow;
  readonly ordinal: number;
  readonly step: number;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  /** False: the way was over before the blow. */
  readonly struck: boolean;
  readonly steps: number;
}

const CUT_MS = 1_500;
const REST_MS_MAX = 60_000;
const LOOK_MS = 200;
/** Events that do not belong to the way: the schedule begins when the first ring is at rest. */
const WRITE_EVERY_MS = 70;

/** Runs one case; `trace` null: silently. */
export function runCase(
  one: Case,
  without: ReadonlySet<Rule>,
  trace: ((line: string) => void) | null,
): Verdict {
  const setting = { ...calmSetting(3), keys: 3, downMs: 600 };
  const world = new World({ seed: 7, setting, without, trace });
  const way = new Way(world, one);
  try {
    way.run();
  } catch (error) {
    world.accuse('crash', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return { violations: world.violations, struck: way.struck, steps: way.steps };
}

class Way {
  struck = false;
  steps = 0;
  private readonly world: World;
  private readonly one: Case;
  private isWriting = true;

  constructor(world: World, one: Case) {
    this.world = world;
    this.one = one;
  }

  run(): void {
    const { world } = this;
    world.startOperator('operator-0');
    this.untilRest(false);
    this.write(0);
    this.wish(4);
    this.untilRest(true);
    this.wish(3);
    this.untilRest(true);
    this.isWriting = false;
    this.untilRest(true);
    this.readAll();
  }

  private wish(replicas: number): void {
    this.world.desired = { ...this.world.desired, replicas };
    this.world.trace?.(`WISH ${replicas} members`);
  }

  private untilRest(counts: boolean): void {
    const { world } = this;
    const deadline = world.queue.nowMs + REST_MS_MAX;
    let why: string | null = '';
    while (why !== null && world.violations.length === 0) {
      const until = world.queue.nowMs + LOOK_MS;
      while (world.violations.length === 0 && world.queue.next(until)) if (counts) this.count();
      world.queue.nowMs = until;
      why = unrest(
        world.store.document,
        world.desired,
        world.site.all(),
        world.operators[0]!.lastPlan,
      );
      // Replicas that a write is under way to differ for a moment; writers never stop here.
      if (why !== null && this.isWriting && why.startsWith('the replicas of slot')) why = null;
      if (why !== null && world.queue.nowMs > deadline)
        return world.accuse('I8', `not at rest: ${why}`);
    }
  }

  private count(): void {
    this.steps++;
    if (this.struck || this.steps < this.one.step) return;
    this.struck = true;
    this.strike(nameOf(this.one.ordinal));
  }

  private strike(id: NodeId): void {
    const { world, one } = this;
    const machine = world.site.machines.get(id);
    world.trace?.(`BLOW ${one.blow} of ${id}`);
    if (one.blow === 'cut') {
      const others = [
        ...world.site.machines.keys(),
        ...world.operators.map((operator) => operator.name),
      ].filter((other) => other !== id);
      const heal = [world.network.cut([id], others), world.network.cut(others, [id])];
      world.queue.after(CUT_MS, () => {
        for (const end of heal) end();
      });
    } else if (one.blow === 'lost volume') {
      if (machine !== undefined) world.site.loseVolume(machine);
    } else machine?.die(one.blow, one.blow === 'crash');
  }

  /** A writer and a reader that never tire, through the nodes in turn. */
  private write(turn: number): void {
    const { world } = this;
    if (!this.isWriting) return;
    const nodes = world.site.running();
    const key: Key = world.clients.keys[turn % 3]!;
    const machine = nodes[turn % Math.max(1, nodes.length)];
    if (machine !== undefined) {
      const wish = { isDelete: turn % 7 === 5, seen: null, condition: 'any', expiryMs: 0 } as const;
      if (turn % 3 === 2) world.clients.read(1, key, machine, () => undefined);
      else world.clients.write(0, key, machine, wish, () => undefined);
    }
    world.queue.after(WRITE_EVERY_MS, () => {
      this.write(turn + 1);
    });
  }

  private readAll(): void {
    const { world } = this;
    if (world.violations.length > 0) return;
    const nodes = world.site.running();
    for (const key of world.clients.keys)
      for (const node of nodes) world.clients.read(2, key, node, () => undefined);
    world.run(world.queue.nowMs + 2_000);
    const rules = {
      attemptMs: 5_000,
      skewMs: 0,
      replacesAll: true,
      lastWriterWins: false,
      judgedFromMs: 0,
    };
    for (const { invariant, message } of judgeHistory(world.clients.history, rules))
      world.accuse(invariant, message);
  }
}

/** One node and one kind of blow: its cases are run one after the other until the way ends. */
export type Lane = Pick<Case, 'blow' | 'ordinal'>;

export const LANES: readonly Lane[] = BLOWS.flatMap((blow) =>
  [0, 1, 2, 3].map((ordinal) => ({ blow, ordinal })),
);

/** Cases of every `stride`-th step of the lane, each verdict handed on; returns how many there were. */
export function exhaust(
  lane: Lane,
  stride: number,
  seen: (one: Case, verdict: Verdict) => void,
): number {
  for (let cases = 0; ; cases++) {
    const one = { ...lane, step: 1 + cases * stride };
    const verdict = runCase(one, new Set(), null);
    if (!verdict.struck) return cases;
    seen(one, verdict);
  }
}
