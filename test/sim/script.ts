// Runs a transcript: prose, commands (`> …`) and what they print. Everything is calm unless a command
// says otherwise: no loss, no delay beyond a few ms, no restart by itself.
import { defined } from '../../core/assert.ts';
import { ScriptCalls } from './script-calls.ts';
import { ScriptNetwork } from './script-network.ts';
import { ScriptRing } from './script-ring.ts';
import type { Words } from './script-ring.ts';
import { copiesOf, holdersOf, named, ringOf } from './script-view.ts';

/** What it prints, if anything. */
type Command = (words: Words) => readonly string[] | undefined;

export class Script {
  private readonly ring = new ScriptRing();
  private readonly calls = new ScriptCalls(this.ring);
  private readonly network = new ScriptNetwork(this.ring);
  /** Violations that were printed. */
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

  private command(line: string): readonly string[] {
    const [name, ...words] = line.split(/\s+/);
    const command = this.commands[name!];
    if (command === undefined) throw new Error(`no such command: ${line}`);
    const printed = command(words) ?? [];
    return [...printed, ...this.newViolations()];
  }

  private newViolations(): readonly string[] {
    const { violations } = this.ring;
    const fresh = violations
      .slice(this.told)
      .map(
        ({ invariant, message }) => `VIOLATION ${invariant}: ${named(this.ring.there, message)}`,
      );
    this.told = violations.length;
    return fresh;
  }

  private readonly commands: Readonly<Record<string, Command>> = {
    ring: (words) => {
      this.ring.begin(words, (envelope) => this.network.takes(envelope));
      return this.ring.until('rest');
    },
    run: ([ms]) => {
      this.ring.pass(Number(ms));
    },
    put: (words) => this.calls.write(words, false),
    delete: (words) => this.calls.write(words, true),
    read: (words) => this.calls.read(words),
    wait: () => this.calls.waitForAll(),
    wish: (words) => {
      this.ring.wish(words);
    },
    until: ([what]) => this.ring.until(defined(what, 'what to wait for')),
    operator: ([what]) => {
      const operator = this.ring.there.operators[0]!;
      if (what === 'stops') operator.die();
      else operator.begin();
    },
    kill: ([id]) => {
      this.ring.barred(id!).die('is killed', true);
    },
    'power-loss': ([id]) => {
      const machine = this.ring.barred(id!);
      machine.volume.cutAt(0);
      machine.die('loses power', false);
    },
    start: ([id]) => {
      this.ring.there.site.barred.delete(this.ring.machine(id!).id);
      this.ring.there.site.boot(this.ring.machine(id!), 1);
      this.ring.pass(5);
    },
    'lose-volume': ([id]) => {
      this.ring.there.site.loseVolume(this.ring.barred(id!));
    },
    snapshot: ([id]) => {
      this.ring.machine(id!).volume.takeSnapshot();
    },
    restore: ([id]) => {
      this.ring.there.site.restoreVolume(this.ring.barred(id!));
    },
    corrupt: ([name, id]) => {
      const { volume } = this.ring.machine(id!);
      volume.durable.corrupt.add(this.ring.key(name!).text);
      volume.applied.corrupt.add(this.ring.key(name!).text);
    },
    stall: ([id, ms]) => {
      this.ring.machine(id!).stalledUntilMs = this.ring.there.queue.nowMs + Number(ms);
    },
    clock: ([id, ms]) => {
      this.ring.machine(id!).clockOffsetMs += Number(ms);
    },
    full: ([id]) => {
      this.ring.machine(id!).setFull(true);
    },
    room: ([id]) => {
      this.ring.machine(id!).setFull(false);
    },
    cut: (words) => {
      this.network.cut(words);
    },
    heal: () => {
      this.network.heal();
    },
    hold: (words) => {
      this.network.intercept('hold', words);
    },
    drop: (words) => {
      this.network.intercept('drop', words);
    },
    repeat: (words) => {
      this.network.intercept('repeat', words);
    },
    release: () => {
      this.network.release();
    },
    'restore-store': ([epoch]) => {
      const older = this.ring.there.store.written.find(
        (document) => document.epoch === Number(epoch),
      );
      this.ring.there.store.document = { ...defined(older, `epoch ${epoch}`) };
    },
    key: (words) => this.ring.nameKey(words),
    show: ([what]) =>
      what === 'ring' ? ringOf(this.ring.there) : holdersOf(this.ring.there, this.ring.key(what!)),
    waits: ([reason]) => {
      const found = this.ring.waits().filter((line) => line.startsWith(`${reason}:`));
      return found.length > 0 ? found : ['nothing waits for that'];
    },
    copies: ([name]) => copiesOf(this.ring.there, this.ring.key(name!)),
    judge: () => this.calls.judge(),
  };
}
