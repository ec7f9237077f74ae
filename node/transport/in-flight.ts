// How many questions of one connection wait for their answers. A question that is never answered
// (its peer dropped it) is forgotten after two turns, so that it cannot hold its place for ever.
import type { CallId, Envelope, PeerMessage, PeerQuestion } from '../../core/api/messages.ts';

const QUESTIONS: ReadonlySet<string> = new Set<PeerQuestion['kind']>([
  'coordinate',
  'read',
  'write',
  'hold',
  'push',
  'pull',
  'compare',
  'exchange',
  'collect',
  'list',
]);

/** It waits for an answer. */
export function isQuestion(body: PeerMessage): body is PeerQuestion {
  return QUESTIONS.has(body.kind);
}

export class InFlight {
  readonly #max: number;
  #recent = new Set<CallId>();
  #older = new Set<CallId>();

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#recent.size + this.#older.size;
  }

  /** False: it is a question, and too many wait already. */
  sending({ body }: Envelope): boolean {
    if (!isQuestion(body)) return true;
    if (this.count >= this.#max) return false;
    this.#recent.add(body.call);
    return true;
  }

  received({ body }: Envelope): void {
    if (!('call' in body) || isQuestion(body)) return;
    if (!this.#recent.delete(body.call)) this.#older.delete(body.call);
  }

  /** Called once in a probe period, which is longer than any question is waited for. */
  turn(): void {
    this.#older = this.#recent;
    this.#recent = new Set();
  }
}
