// The ring that a transcript plays with: it begins calm, stands still between commands, and waits for
// what a command wants to see.
import type { Envelope } from '../../core/api/messages.ts';
import type { Key } from '../../core/api/object.ts';
import { defined } from '../../core/assert.ts';
import { slotSets } from '../../core/membership/document.ts';
import { keyOf, slotOf } from '../../core/ring/hash.ts';
import { unrest } from './checkers/rest.ts';
import type { Machine } from './machine.ts';
import { idOf, named, phaseOf } from './script-view.ts';
import { calmSetting } from './setting.ts';
import type { Setting } from './setting.ts';
import { World } from './world.ts';

/** The words of a command after its name. */
export type Words = readonly string[];

/** Virtual ms until a command gives up waiting. */
export const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

export class ScriptRing {
  private world: World | null = null;
  private readonly keys = new Map<string, Key>();

  get there(): World {
    return defined(this.world, 'a ring; begin with "> ring 3"');
  }

  /** None before the first command. */
  get violations(): World['violations'] {
    return this.world?.violations ?? [];
  }

  machine(id: string): Machine {
    return defined(
      [...this.there.site.machines.values()].find((machine) => machine.id === id),
      `node ${id}`,
    );
  }

  /** The node that is about to go down, and stays so until a command starts it. */
  barred(id: string): Machine {
    const machine = this.machine(id);
    this.there.site.barred.add(machine.id);
    return machine;
  }

  key(name: string): Key {
    return this.keys.get(name) ?? keyOf(name);
  }

  pass(ms: number): void {
    const { queue } = this.there;
    const until = queue.nowMs + ms;
    while (queue.next(until));
    queue.nowMs = until;
  }

  /** Time passes until it is so, but not for ever. */
  passUntil(isSo: () => boolean): void {
    for (let waited = 0; !isSo() && waited < PATIENCE_MS; waited += 10) this.pass(10);
  }

  /** `ring 3 [slotBits=3 N=3 R=2 W=2 hints=ms grace=ms zones=1 barrier=ms abort=ms mode=sloppy disaster]` */
  begin([size, ...options]: Words, takes: (envelope: Envelope) => boolean): void {
    const setting = settingOf(Number(size), options);
    this.world = new World({ seed: 1, setting, without: new Set(), trace: null });
    this.world.site.restarts = false;
    this.world.network.interceptor = takes;
    this.world.startOperator('operator-0');
  }

  /** `wish 4 [N=2 R=2 W=1] [without=dev-1]` */
  wish([size, ...options]: Words): void {
    const given = new Map(options.map((option) => option.split('=') as [string, string]));
    const before = this.there.desired;
    this.there.desired = {
      ...before,
      replicas: Number(size),
      replicationFactor: Number(given.get('N') ?? before.replicationFactor),
      readQuorum: Number(given.get('R') ?? before.readQuorum),
      writeQuorum: Number(given.get('W') ?? before.writeQuorum),
      decommission: given.has('without')
        ? [this.machine(given.get('without')!).id]
        : before.decommission,
    };
  }

  /** `until rest|write-both|read-new|stable|epoch:N` */
  until(what: string): string[] {
    const { queue } = this.there;
    const deadline = queue.nowMs + PATIENCE_MS;
    let why = this.missing(what);
    while (why !== null && queue.nowMs < deadline) {
      this.pass(what === 'rest' ? LOOK_MS : 1);
      why = this.missing(what);
    }
    return why === null
      ? phaseOf(this.there)
      : [`not yet: ${named(this.there, why)}`, ...this.waits()];
  }

  waits(): string[] {
    const waits = this.there.operators[0]?.lastPlan?.waits ?? [];
    return waits.map(({ reason, message }) => `${reason}: ${named(this.there, message)}`);
  }

  private missing(what: string): string | null {
    const { store, desired, site, operators } = this.there;
    if (what === 'rest')
      return unrest(store.document, desired, site.all(), operators[0]?.lastPlan ?? null);
    const { document } = store;
    const isThere = what.startsWith('epoch:')
      ? document?.epoch === Number(what.slice(6))
      : document?.phase === what;
    return isThere ? null : `epoch ${document?.epoch} ${document?.phase}`;
  }

  /**
   * `key K of dev-0 dev-1 dev-2 [then dev-1 dev-2 dev-3]`: K is a key with these sets from now on;
   * `key K without dev-3`: one whose sets the change alters, dev-3 in neither.
   */
  nameKey([name, how, ...ids]: Words): string[] {
    const document = defined(this.there.store.document, 'a stored document');
    const at = ids.indexOf('then');
    const wanted = (at < 0 ? [ids] : [ids.slice(0, at), ids.slice(at + 1)]).map((set) =>
      [...set].sort().join(),
    );
    for (let i = 0; i < 10_000; i++) {
      const key = keyOf(`${name}-${i}`);
      const { writes } = slotSets(document, slotOf(key, document.slotBits));
      const sets = writes.map(({ members }) =>
        members
          .map((own) => idOf(this.there, own))
          .sort()
          .join(),
      );
      const fits =
        how === 'without'
          ? sets.length === 2 && !sets.some((set) => set.includes(ids[0]!))
          : sets.join('|') === wanted.join('|');
      if (!fits) continue;
      this.keys.set(name!, key);
      return [];
    }
    return [`no slot is ${how} ${ids.join(' ')}`];
  }
}

function settingOf(members: number, options: Words): Setting {
  const given = new Map(options.map((option) => option.split('=') as [string, string]));
  const number = (name: string, otherwise: number): number => Number(given.get(name) ?? otherwise);
  const calm = calmSetting(members);
  return {
    ...calm,
    zones: number('zones', calm.zones),
    slotBits: number('slotBits', calm.slotBits),
    replicationFactor: number('N', calm.replicationFactor),
    readQuorum: number('R', calm.readQuorum),
    writeQuorum: number('W', calm.writeQuorum),
    mode: given.get('mode') === 'sloppy' ? 'sloppy' : 'strict',
    limits: {
      ...calm.limits,
      hintAgeMs: number('hints', calm.limits.hintAgeMs),
      tombstoneGraceMs: number('grace', calm.limits.tombstoneGraceMs),
    },
    disaster: given.has('disaster'),
    disk: { ...calm.disk, syncMs: [2, 2] },
    barrierWaitMs: number('barrier', calm.barrierWaitMs),
    abortAfterMs: number('abort', calm.abortAfterMs),
  };
}
