// Judges what nodes say to one another: I5 (an incarnation that its document does not name answers
// no replica request).
import type { Incarnation } from '../../../core/api/ids.ts';
import type { Envelope } from '../../../core/api/messages.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { memberOf } from '../../../core/membership/document.ts';
import type { Accuse } from './violation.ts';

const REPLICA_ANSWERS: ReadonlySet<string> = new Set([
  'value',
  'stored',
  'page',
  'compared',
  'exchanged',
  'listed',
]);

export class AnswerJudge {
  private readonly accuse: Accuse;
  /** Questions that met a node which its document did not name: `asker/call`. */
  private readonly unanswerable = new Set<string>();

  constructor(accuse: Accuse) {
    this.accuse = accuse;
  }

  /** What was accepted while the node was named may still be answered after it is not. */
  delivered(envelope: Envelope, document: RingDocument | null): void {
    if (!('call' in envelope.body) || isNamed(envelope.to, document)) return;
    this.unanswerable.add(`${envelope.from}/${envelope.body.call}`);
  }

  sent(envelope: Envelope, document: RingDocument | null): void {
    if (!REPLICA_ANSWERS.has(envelope.body.kind) || isNamed(envelope.from, document)) return;
    const call = 'call' in envelope.body ? envelope.body.call : -1;
    if (!this.unanswerable.has(`${envelope.to}/${call}`)) return;
    this.accuse(
      'I5',
      `${envelope.from} answered "${envelope.body.kind}" though no document names it`,
    );
  }
}

function isNamed(own: Incarnation, document: RingDocument | null): boolean {
  return document !== null && memberOf(document, own) !== undefined;
}
