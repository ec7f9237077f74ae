// Reads the list of seeds that failed once. A line that cannot be read is an error: a seed that is
// skipped in silence would be believed to pass.
import { RULES } from '../../core/replica/rules.ts';
import type { Rule } from '../../core/replica/rules.ts';
import { PROFILES } from './setting.ts';
import type { ProfileName } from './setting.ts';

export interface FailedSeed {
  readonly seed: number;
  readonly profile: ProfileName;
  /** Whose hunt's circumstances it ran under (`hunt:RULE`); null: none. */
  readonly hunted: Rule | null;
  readonly why: string;
}

const LINE = /^(?<seed>\d+)\s+(?<where>\S+)\s+(?<why>\S.*)$/;

/** The seeds in this text; blank lines and those that begin with `#` say nothing. */
export function seedsIn(text: string): FailedSeed[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trimEnd(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }) => failedSeed(line, number));
}

function failedSeed(line: string, number: number): FailedSeed {
  const wrong = (what: string): Error =>
    new Error(`seeds, line ${number}: ${what} in "${line}"; one line is: seed  profile  why`);
  const { seed, where, why } = LINE.exec(line)?.groups ?? {};
  if (seed === undefined || where === undefined || why === undefined)
    throw wrong('a seed, a profile or a reason is missing');
  if (!Number.isSafeInteger(Number(seed))) throw wrong(`${seed} is too large`);
  const hunted = RULES.find((rule) => where === `hunt:${rule}`) ?? null;
  const profile = hunted === null ? PROFILES.find((one) => one === where) : 'all';
  if (profile === undefined) {
    throw wrong(`${where} is neither one of ${PROFILES.join(', ')} nor hunt:RULE`);
  }
  return { seed: Number(seed), profile, hunted, why };
}
