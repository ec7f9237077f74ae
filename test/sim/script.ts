// Runs a transcript: prose, commands (`> …`) and what they print. Everything is calm unless a command
// says otherwise: no loss, no delay beyond a few ms, no restart by itself.
import type { Envelope } from '../../core/api/messages.ts';
import type { Key } from '../../core/api/object.ts';
import type { ClientResult } from '../../core/api/requests.ts';
import { seededRng } from '../../core/rng.ts';
import { defined } from '../../core/assert.ts';
import { slotSets } from '../../core/membership/document.ts';
import { keyOf, slotOf } from '../../core/ring/hash.ts';
import { judgeHistory, nameOf, type Call } from './checkers/history.ts';
import { unrest } from './checkers/rest.ts';
import type { Seen, WriteWish } from './clients.ts';
import type { Machine } from './machine.ts';
import { drawSetting, type Setting } from './setting.ts';
import { copiesOf, holdersOf, idOf, named, phaseOf, ringOf } from './script-view.ts';
import { World } from './world.ts';

/** A command's name and its words. */
type Words = readonly string[];
type Command = (words: Words) => string[];
/** What becomes of an envelope: kept until `release`, lost, or passed on and sent again at `release`. */
type Act = 'hold' | 'drop' | 'repeat';

const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

export class Script {
  private world: World | null = null;
  private readonly keys = new Map<string, Key>();
  private readonly held: Envelope[] = [];
  private readonly rules: { act: Act; kind: string; from: string; to: string }[] = [];
  private readonly pending: { readonly name: string; result: string | null }[] = [];
  private heal: (() => void)[] = [];
  /** The newest read of each key, whose context a write may carry. */
  private readonly reads = new Map<string, Seen | null>();
  private told = 0;

  /** The text with each command followed by what it prints now. */
  run(text: string): string {
    const out: string[] = [];
    let isOutcome = false;
    for (const line of text.split('\n')) {
      if (line.startsWith('> ')) {
        out.push(line, ...this.command(line.slice(2)));
        isOutcome = true;
      } else if (line.trim() === '') {
        isOutcome = false;
        out.push(line);
      } else if (!isOutcome) out.push(line);
    }
    return out.join('\n');
  }

  private command(line: string): string[] {
    const [name, ...words] = line.split(/\s+/);
    const command = this.commands[name!];
    if (command === undefined) throw new Error(`no such command: ${line}`);
    const printed = command(words);
    return [...printed, ...this.newViolations()];
  }

  private newViolations(): string[] {
    const violations = this.world?.violations ?? [];
    const fresh = violations
      .slice(this.told)
      .map(({ invariant, message }) => `VIOLATION ${invariant}: ${named(this.there, message)}`);
    this.told = violations.length;
    return fresh;
  }

  private get there(): World {
    return defined(this.world, 'a ring; begin with "> ring 3"');
  }

  private machine(id: string): Machine {
    return defined(
      [...this.there.site.machines.values()].find((machine) => machine.id === id),
      `node ${id}`,
    );
  }

  /** The node that is about to go down, and stays so until a command starts it. */
  private barred(id: string): Machine {
    const machine = this.machine(id);
    this.there.site.barred.add(machine.id);
    return machine;
  }

  private key(name: string): Key {
    return this.keys.get(name) ?? keyOf(name);
  }

  private pass(ms: number): void {
    const { queue } = this.there;
    const until = queue.nowMs + ms;
    while (queue.next(until));
    queue.nowMs = until;
  }

  private readonly commands: Readonly<Record<string, Command>> = {
    ring: (words) => this.ring(words),
    run: ([ms]) => {
      this.pass(Number(ms));
      return [];
    },
    put: (words) => this.write(words, false),
    delete: (words) => this.write(words, true),
    read: (words) => this.read(words),
    wait: () => this.waitForAll(),
    wish: (words) => this.wish(words),
    until: ([what]) => this.until(defined(what, 'what to wait for')),
    operator: ([what]) => {
      const operator = this.there.operators[0]!;
      if (what === 'stops') operator.die();
      else operator.begin();
      return [];
    },
    kill: ([id]) => {
      this.barred(id!).die('is killed', true);
      return [];
    },
    'power-loss': ([id]) => {
      const machine = this.barred(id!);
      machine.volume.cutAt(0);
      machine.die('loses power', false);
      return [];
    },
    start: ([id]) => {
      this.there.site.barred.delete(this.machine(id!).id);
      this.there.site.boot(this.machine(id!), 1);
      this.pass(5);
      return [];
    },
    'lose-volume': ([id]) => {
      this.there.site.loseVolume(this.barred(id!));
      return [];
    },
    snapshot: ([id]) => {
      this.machine(id!).volume.takeSnapshot();
      return [];
    },
    restore: ([id]) => {
      this.there.site.restoreVolume(this.barred(id!));
      return [];
    },
    corrupt: ([name, id]) => {
      const { volume } = this.machine(id!);
      volume.durable.corrupt.add(this.key(name!).text);
      volume.applied.corrupt.add(this.key(name!).text);
      return [];
    },
    stall: ([id, ms]) => {
      this.machine(id!).stalledUntilMs = this.there.queue.nowMs + Number(ms);
      return [];
    },
    clock: ([id, ms]) => {
      this.machine(id!).clockOffsetMs += Number(ms);
      return [];
    },
    full: ([id]) => {
      this.machine(id!).setFull(true);
      return [];
    },
    room: ([id]) => {
      this.machine(id!).setFull(false);
      return [];
    },
    cut: (words) => this.cut(words),
    heal: () => {
      for (const end of this.heal.splice(0)) end();
      return [];
    },
    hold: (words) => this.intercept('hold', words),
    drop: (words) => this.intercept('drop', words),
    repeat: (words) => this.intercept('repeat', words),
    release: () => {
      this.rules.length = 0;
      for (const envelope of this.held.splice(0)) this.there.network.sendPast(envelope);
      return [];
    },
    'restore-store': ([epoch]) => {
      const older = this.there.store.written.find((document) => document.epoch === Number(epoch));
      this.there.store.document = { ...defined(older, `epoch ${epoch}`) };
      return [];
    },
    key: (words) => this.nameKey(words),
    show: ([what]) =>
      what === 'ring' ? ringOf(this.there) : holdersOf(this.there, this.key(what!)),
    waits: ([reason]) => {
      const found = this.waits().filter((line) => line.startsWith(`${reason}:`));
      return found.length > 0 ? found : ['nothing waits for that'];
    },
    copies: ([name]) => copiesOf(this.there, this.key(name!)),
    judge: () => this.judge(),
  };

  /** `ring 3 [slotBits=3 N=3 R=2 W=2 hints=ms grace=ms zones=1 barrier=ms abort=ms]` */
  private ring([size, ...options]: Words): string[] {
    const given = new Map(options.map((option) => option.split('=') as [string, string]));
    const number = (name: string, otherwise: number): number =>
      Number(given.get(name) ?? otherwise);
    const setting: Setting = {
      ...drawSetting(seededRng(1), 'small', Number(size), false),
      zones: number('zones', 1),
      slotBits: number('slotBits', 3),
      replicationFactor: number('N', 3),
      readQuorum: number('R', 2),
      writeQuorum: number('W', 2),
      mode: given.get('mode') === 'sloppy' ? 'sloppy' : 'strict',
      conflicts: 'siblings',
      keys: 0,
      clients: 0,
      faults: 0,
      wishes: 0,
      aim: 0,
      operatorDeaths: 0,
      staleReads: 0,
      limits: {
        keyBytesMax: 1024,
        valueBytesMax: 1 << 20,
        hintAgeMs: number('hints', 60_000),
        tombstoneGraceMs: number('grace', 120_000),
        operationMs: 1_000,
      },
      weather: { drop: 0, duplicate: 0, slow: 0, slowMs: 0, ordered: true },
      disaster: given.has('disaster'),
      disk: { syncMs: [2, 2], miss: 0, missMs: 1, pageRecords: 0 },
      barrierWaitMs: number('barrier', 500),
      abortAfterMs: number('abort', 3_000),
    };
    this.world = new World({ seed: 1, setting, without: new Set(), trace: null });
    this.world.site.restarts = false;
    this.world.network.interceptor = (envelope) => this.takes(envelope);
    this.world.startOperator('operator-0');
    return this.until('rest');
  }

  private takes(envelope: Envelope): boolean {
    const from = idOf(this.there, envelope.from),
      to = idOf(this.there, envelope.to);
    const rule = this.rules.find(
      (one) =>
        (one.kind === '*' || one.kind === envelope.body.kind) &&
        (one.from === '*' || one.from === from) &&
        (one.to === '*' || one.to === to),
    );
    if (rule !== undefined && rule.act !== 'drop') this.held.push(envelope);
    return rule !== undefined && rule.act !== 'repeat';
  }

  /** `hold|drop|repeat KIND from NODE to NODE`; `*` stands for all. */
  private intercept(act: Act, [kind, , from, , to]: Words): string[] {
    this.rules.push({ act, kind: kind!, from: from ?? '*', to: to ?? '*' });
    return [];
  }

  /** `cut dev-0 dev-1 | dev-2 operator-0` */
  private cut(words: Words): string[] {
    const at = words.indexOf('|');
    const left = words.slice(0, at),
      right = words.slice(at + 1);
    this.heal.push(this.there.network.cut(left, right), this.there.network.cut(right, left));
    return [];
  }

  /** `put KEY VALUE via NODE [with context] [expiring MS] [if absent] [later]`, `delete KEY via NODE …` */
  private write(words: Words, isDelete: boolean): string[] {
    const [name, value] = words;
    const option = (word: string): number => words.indexOf(word);
    const machine = this.machine(words[option('via') + 1]!);
    const key = this.key(name!);
    const seen = option('context') > 0 ? (this.reads.get(name!) ?? null) : null;
    const expiryMs = option('expiring') > 0 ? Number(words[option('expiring') + 1]) : 0;
    const wish: WriteWish = {
      isDelete,
      seen,
      condition: option('absent') > 0 ? 'absent' : 'any',
      expiryMs,
    };
    const { clients } = this.there;
    return this.call(
      `${isDelete ? 'delete' : 'put'} ${name}${isDelete ? '' : ` ${value}`}`,
      option('later') > 0,
      (done) => {
        clients.write(0, key, machine, isDelete ? wish : { ...wish, value: value! }, (result) => {
          done(outcomeOf(result));
        });
      },
    );
  }

  private read(words: Words): string[] {
    const [name] = words;
    const machine = this.machine(words[words.indexOf('via') + 1]!);
    return this.call(`read ${name}`, words.includes('later'), (done) => {
      this.there.clients.read(0, this.key(name!), machine, (seen, result) => {
        this.reads.set(name!, seen);
        done(seen === null ? outcomeOf(result) : `[${seen.call.seen!.join(' ')}]`);
      });
    });
  }

  private call(
    name: string,
    isLater: boolean,
    begin: (done: (result: string) => void) => void,
  ): string[] {
    const one: { name: string; result: string | null } = { name, result: null };
    begin((result) => {
      one.result = result;
    });
    if (isLater) {
      this.pending.push(one);
      return [];
    }
    for (let waited = 0; one.result === null && waited < PATIENCE_MS; waited += 10) this.pass(10);
    return [one.result ?? 'never answered'];
  }

  /** Waits for the calls begun with `later`; prints one line each. */
  private waitForAll(): string[] {
    const all = this.pending.splice(0);
    for (
      let waited = 0;
      all.some((one) => one.result === null) && waited < PATIENCE_MS;
      waited += 10
    )
      this.pass(10);
    return all.map(({ name, result }) => `${name}: ${result ?? 'never answered'}`);
  }

  /** `wish 4 [N=2 R=2 W=1] [without=dev-1]` */
  private wish([size, ...options]: Words): string[] {
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
    return [];
  }

  /** `until rest|write-both|read-new|stable|epoch:N` */
  private until(what: string): string[] {
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

  private waits(): string[] {
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
  private nameKey([name, how, ...ids]: Words): string[] {
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

  private judge(): string[] {
    const rules = {
      attemptMs: 5_000,
      skewMs: 0,
      replacesAll: true,
      lastWriterWins: false,
      judgedFromMs: 0,
    };
    const found = judgeHistory(this.there.clients.history, rules);
    const told = (call: Call): string => named(this.there, nameOf(call));
    return found.length === 0
      ? ['nothing lost, nothing wrong']
      : found.map(
          ({ invariant, message, call }) => `VIOLATION ${invariant}: ${message} (${told(call)})`,
        );
  }
}

function outcomeOf(result: ClientResult | null): string {
  if (result === null) return 'no answer';
  if (result.kind !== 'failed') return 'ok';
  const counts = result.needed === undefined ? '' : ` (${result.answered} of ${result.needed})`;
  return `${result.code}${counts}${result.maybeApplied ? ', perhaps applied' : ''}`;
}
