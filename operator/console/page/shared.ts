// What every view is handed, and small pieces that several of them show.
import type { VNode } from 'preact';
import type { MemberView, RingState, Welcome } from '../view.ts';
import { html } from './html.ts';
import type { Live } from './live.ts';

export interface Shared {
  readonly welcome: Welcome;
  readonly live: Live;
  /** The token is there and changes are taken. */
  readonly mayChange: boolean;
  /** Looks again whether there is a token. */
  readonly relock: () => void;
}

export interface OfRing extends Shared {
  readonly state: RingState;
}

/** Why an order cannot be given now, for a button's title; null: it can. */
export function whyLocked({ welcome, mayChange }: Shared): string | null {
  if (mayChange) return null;
  return welcome.takesChanges ? 'Unlock changes first, at the top' : 'This console only shows';
}

export function conditionBadge(member: MemberView): VNode {
  const { condition, words } = member;
  return html`<span class=${`condition ${condition}`} title=${words}
    >${labelOfCondition(member)}</span
  >`;
}

/** In one word for people. */
export function labelOfCondition({ condition }: MemberView): string {
  return condition === 'held' ? 'stopped' : condition;
}

/** `1 200`, `12.3k`: short enough for a table. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)}k`;
  return perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}

export function milliseconds(ms: number | null): string {
  if (ms === null) return '–';
  return ms >= 100 ? `${Math.round(ms)} ms` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** How an order ended, to be said below what gave it. */
export interface Said {
  readonly ok: boolean;
  readonly text: string;
}

export function saidLine(said: Said | null): unknown {
  return (
    said !== null &&
    html`<p class=${said.ok ? 'done' : 'problem'} role=${said.ok ? 'status' : 'alert'}>
      ${said.text}
    </p>`
  );
}

/** Characters that hide, or turn round what stands beside them: controls, zero width, directions. */
const HIDING = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202f],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
] as const;

/** The text with such characters named: two keys that look alike must not be taken for one. */
export function visible(text: string, kept = ''): string {
  return Array.from(text, (c) => {
    const code = c.codePointAt(0)!;
    const hides = HIDING.some(([from, to]) => code >= from && code <= to) && !kept.includes(c);
    return hides ? `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩` : c;
  }).join('');
}
