// The network of a transcript: which envelopes are held back, lost or sent again, and who is cut off.
import type { Envelope } from '../../core/api/messages.ts';
import type { ScriptRing, Words } from './script-ring.ts';
import { idOf } from './script-view.ts';

/** What becomes of an envelope: kept until `release`, lost, or passed on and sent again at `release`. */
export type Act = 'hold' | 'drop' | 'repeat';

export class ScriptNetwork {
  private readonly ring: ScriptRing;
  private readonly held: Envelope[] = [];
  private readonly rules: { act: Act; kind: string; from: string; to: string }[] = [];
  private readonly cuts: (() => void)[] = [];

  constructor(ring: ScriptRing) {
    this.ring = ring;
  }

  /** True: it does not go on its way. */
  takes(envelope: Envelope): boolean {
    const from = idOf(this.ring.there, envelope.from),
      to = idOf(this.ring.there, envelope.to);
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
  intercept(act: Act, [kind, , from, , to]: Words): void {
    this.rules.push({ act, kind: kind!, from: from ?? '*', to: to ?? '*' });
  }

  /** `cut dev-0 dev-1 | dev-2 operator-0` */
  cut(words: Words): void {
    const at = words.indexOf('|');
    const left = words.slice(0, at),
      right = words.slice(at + 1);
    this.cuts.push(
      this.ring.there.network.cut(left, right),
      this.ring.there.network.cut(right, left),
    );
  }

  heal(): void {
    for (const end of this.cuts.splice(0)) end();
  }

  release(): void {
    this.rules.length = 0;
    for (const envelope of this.held.splice(0)) this.ring.there.network.sendPast(envelope);
  }
}
