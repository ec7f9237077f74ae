// The clients of a transcript: each call is answered at once, or later and in its own time.
import type { ClientResult } from '../../core/api/requests.ts';
import { judgeHistory, nameOf, type Call } from './checkers/history.ts';
import type { Seen, WriteWish } from './clients.ts';
import type { ScriptRing, Words } from './script-ring.ts';
import { named } from './script-view.ts';

export class ScriptCalls {
  private readonly ring: ScriptRing;
  private readonly pending: { readonly name: string; result: string | null }[] = [];
  /** The newest read of each key, whose context a write may carry. */
  private readonly reads = new Map<string, Seen | null>();

  constructor(ring: ScriptRing) {
    this.ring = ring;
  }

  /** `put KEY VALUE via NODE [with context] [expiring MS] [if absent] [later]`, `delete KEY via NODE …` */
  write(words: Words, isDelete: boolean): string[] {
    const [name, value] = words;
    const option = (word: string): number => words.indexOf(word);
    const machine = this.ring.machine(words[option('via') + 1]!);
    const key = this.ring.key(name!);
    const seen = option('context') > 0 ? (this.reads.get(name!) ?? null) : null;
    const expiryMs = option('expiring') > 0 ? Number(words[option('expiring') + 1]) : 0;
    const wish: WriteWish = {
      isDelete,
      seen,
      condition: option('absent') > 0 ? 'absent' : 'any',
      expiryMs,
    };
    const { clients } = this.ring.there;
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

  read(words: Words): string[] {
    const [name] = words;
    const machine = this.ring.machine(words[words.indexOf('via') + 1]!);
    return this.call(`read ${name}`, words.includes('later'), (done) => {
      this.ring.there.clients.read(0, this.ring.key(name!), machine, (seen, result) => {
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
    this.ring.passUntil(() => one.result !== null);
    return [one.result ?? 'never answered'];
  }

  /** Waits for the calls begun with `later`; prints one line each. */
  waitForAll(): string[] {
    const all = this.pending.splice(0);
    this.ring.passUntil(() => all.every((one) => one.result !== null));
    return all.map(({ name, result }) => `${name}: ${result ?? 'never answered'}`);
  }

  /** What the checker of histories says of all calls so far. */
  judge(): string[] {
    const rules = {
      attemptMs: 5_000,
      skewMs: 0,
      replacesAll: true,
      lastWriterWins: false,
      judgedFromMs: 0,
    };
    const found = judgeHistory(this.ring.there.clients.history, rules);
    const told = (call: Call): string => named(this.ring.there, nameOf(call));
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
