// Who was away, and when: what the judgement of errors rests on. An error is excused only where the
// quorum was really gone, or where the request was cut off with its node.

/** `starting`: never ready so far; `leaving`: ended in order; the others died. */
export type Absence = 'killed' | 'wiped' | 'starting' | 'leaving' | 'removed';

/** ms that a node which ends in order may be away before the watcher notices. */
const UNNOTICED_MS = 1_000;

interface Outage {
  readonly who: string;
  readonly why: Absence;
  readonly fromMs: number;
  /** Infinity while it lasts. */
  untilMs: number;
}

const DEAD: ReadonlySet<Absence> = new Set(['killed', 'wiped']);
/** A joiner that starts is named already: like one that died it counts in no quorum. */
const MISSED: ReadonlySet<Absence> = new Set(['killed', 'wiped', 'starting']);

export const OPERATOR = 'operator';

export class Outages {
  readonly #outages: Outage[] = [];

  begin(who: string, why: Absence, nowMs: number): void {
    this.#outages.push({ who, why, fromMs: nowMs, untilMs: Infinity });
  }

  /** Ends all outages of this one, or those of one kind. */
  end(who: string, nowMs: number, why?: Absence): void {
    for (const outage of this.#outages) {
      if (outage.who !== who || outage.untilMs !== Infinity) continue;
      if (why === undefined || outage.why === why) outage.untilMs = nowMs;
    }
  }

  /** Those that are away for this reason now. */
  away(why: Absence): readonly string[] {
    return this.#outages
      .filter((outage) => outage.why === why && outage.untilMs === Infinity)
      .map(({ who }) => who);
  }

  isAway(who: string, why?: Absence): boolean {
    return this.#outages.some(
      (outage) =>
        outage.who === who &&
        outage.untilMs === Infinity &&
        (why === undefined || outage.why === why),
    );
  }

  /** Someone of these was away at some time of the span; `graceMs` after a return count as away. */
  touched(span: Span, graceMs: number, who?: string): boolean {
    return this.#within(span, graceMs).some((outage) => who === undefined || outage.who === who);
  }

  /** A node died while the span ran. */
  nodeDied(span: Span, slackMs: number): boolean {
    return this.#outages.some(
      (outage) =>
        DEAD.has(outage.why) &&
        outage.who !== OPERATOR &&
        outage.fromMs >= span.startMs - slackMs &&
        outage.fromMs <= span.endMs,
    );
  }

  /** A node that had died came back close to the span: who asked it may have meant its forerunner. */
  nodeReturned({ startMs, endMs }: Span, slackMs: number): boolean {
    return this.#outages.some(
      ({ why, who, untilMs }) =>
        DEAD.has(why) &&
        who !== OPERATOR &&
        untilMs >= startMs - slackMs &&
        untilMs <= endMs + slackMs,
    );
  }

  /** A node was ending in order at some time of the span. */
  someoneLeft(span: Span): boolean {
    return this.#within(span, 0).some(({ why }) => why === 'leaving');
  }

  /** Nodes that were gone, each at some time of the span: with two a quorum of three may fail. */
  nodesGone(span: Span, graceMs: number): number {
    const gone = this.#within(span, graceMs).filter(
      ({ who, why }) => who !== OPERATOR && MISSED.has(why),
    );
    return new Set(gone.map(({ who }) => who)).size;
  }

  /** For a report: who was away in the span, and since when, relative to its start. */
  describe(span: Span, graceMs: number): string {
    return this.#within(span, graceMs)
      .map(
        ({ who, why, fromMs, untilMs }) =>
          `${who} ${why} from ${Math.round(fromMs - span.startMs)} to ` +
          `${Math.round(untilMs - span.startMs)} ms`,
      )
      .join(', ');
  }

  #within({ startMs, endMs }: Span, graceMs: number): readonly Outage[] {
    return this.#outages.filter(
      ({ why, fromMs, untilMs }) =>
        fromMs - (why === 'leaving' ? UNNOTICED_MS : 0) <= endMs && untilMs + graceMs >= startMs,
    );
  }
}

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}
