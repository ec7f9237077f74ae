// What the user asks for, and changes their mind about: at any instant, also while a change runs.
import type { Rng } from '../../core/rng.ts';
import type { Desired } from '../../operator/planner/observed.ts';
import { between, chance, pick, weighted } from './chance.ts';
import type { Wish } from './setting.ts';
import type { World } from './world.ts';

const MEMBERS_MAX = 7;

export class Wishes {
  private readonly world: World;
  private readonly rng: Rng;
  private revision = 1;

  constructor(world: World, rng: Rng) {
    this.world = world;
    this.rng = rng;
  }

  begin(untilMs: number): void {
    const { setting, queue } = this.world;
    for (let i = 0; i < setting.wishes; i++) {
      // The first wish comes early, so that most schedules live through a whole ring change.
      const latest = i === 0 ? 700 : Math.max(1, untilMs - queue.nowMs);
      queue.after(between(this.rng, 0, latest), () => {
        this.wish(weighted(this.rng, setting.wishWeights));
      });
    }
  }

  wish(kind: Wish): void {
    const before = this.world.desired;
    const after = this.changed(kind, before);
    this.world.desired = after;
    this.world.trace?.(
      `WISH ${kind}: ${after.replicas} members, N=${after.replicationFactor} ` +
        `R=${after.readQuorum} W=${after.writeQuorum}${
          after.decommission.length > 0 ? `, without ${after.decommission.join(' ')}` : ''
        }`,
    );
  }

  private changed(kind: Wish, before: Desired): Desired {
    const { rng } = this;
    const least = Math.max(1, before.replicationFactor);
    switch (kind) {
      case 'grow':
        return { ...before, replicas: Math.min(MEMBERS_MAX, before.replicas + between(rng, 1, 2)) };
      case 'shrink':
        return { ...before, replicas: Math.max(least, before.replicas - between(rng, 1, 2)) };
      case 'jump':
        return { ...before, replicas: between(rng, least, MEMBERS_MAX) };
      case 'regrow': {
        // A change of mind: back again while the first change runs.
        this.world.queue.after(between(rng, 10, 1_500), () => {
          const { replicas } = before;
          this.world.desired = {
            ...this.world.desired,
            replicas: Math.max(replicas, this.world.desired.replicationFactor),
          };
          this.world.trace?.(`WISH changed: ${this.world.desired.replicas} members after all`);
        });
        return { ...before, replicas: Math.min(MEMBERS_MAX, before.replicas + 1) };
      }
      case 'decommission':
        return this.decommission(before, least);
      case 'factor':
        return this.factor(before);
      case 'roll':
        return { ...before, revision: `revision-${++this.revision}` };
    }
  }

  private decommission(before: Desired, least: number): Desired {
    const members =
      this.world.store.document?.members.filter((member) => member.state === 'serving') ?? [];
    if (members.length === 0 || before.replicas <= least)
      return { ...before, replicas: before.replicas + 1 };
    return { ...before, replicas: before.replicas - 1, decommission: [pick(this.rng, members).id] };
  }

  private factor(before: Desired): Desired {
    const factor = between(this.rng, 1, Math.min(5, before.replicas));
    const majority = Math.floor(factor / 2) + 1;
    const write = chance(this.rng, 0.8) ? majority : between(this.rng, 1, factor);
    const read = write === majority ? majority : factor - write + 1;
    return { ...before, replicationFactor: factor, readQuorum: read, writeQuorum: write };
  }
}
