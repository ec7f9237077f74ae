// What `npm run sim` can be asked for.
import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { RULES } from '../../core/replica/rules.ts';
import type { Rule } from '../../core/replica/rules.ts';
import { npmCommand, positiveNumber, positiveWhole, wholeNumber } from '../command-line.ts';
import { PROFILES } from './setting.ts';
import type { ProfileName } from './setting.ts';

export interface SimOptions {
  readonly seeds: number;
  readonly from: number;
  readonly minutes?: number;
  readonly profile?: ProfileName;
  readonly members?: number;
  readonly jobs: number;
  readonly without?: readonly Rule[];
  readonly hunt?: Rule;
  readonly seed?: number;
  readonly verbose?: true;
  readonly quiet?: true;
  readonly exhaust?: true;
  readonly stride: number;
  readonly scale?: number;
}

const ENDING = `
With --minutes or many seeds, Ctrl-C ends the run with its totals.
Exit codes: 0 no violation, 1 a violation, 2 usage.`;

/** Ends the process where the words are not understood, or only help is wanted. */
export function simOptions(): SimOptions {
  return npmCommand('sim', 'Runs seeded schedules of faults against the protocol, and judges them.')
    .option('--seeds <n>', 'run so many seeds', positiveWhole, 2_000)
    .option('--from <seed>', 'starting at this one', wholeNumber, 1)
    .option('--minutes <m>', 'run for so long instead of a number of seeds', positiveNumber)
    .option('--profile <name>', `${PROFILES.join('|')} (default: all)`, profileOf)
    .option('--members <n>', 'every ring starts with so many members', positiveWhole)
    .option('--jobs <n>', 'worker threads', positiveWhole, availableParallelism())
    .option(
      '--without <rule>',
      'switch one rule off, in schedules that aim at it unless a profile is given; may be repeated',
      (text, before: readonly Rule[] | undefined) => [...(before ?? []), ...rulesOf(text)],
    )
    .option('--hunt <rule>', 'the schedules that aim at a rule, with every rule in force', ruleOf)
    .option('--seed <seed>', 'run this one and print its transcript', wholeNumber)
    .option('--verbose', 'with --seed: every message')
    .option('--quiet', 'with --seed: only the verdict')
    .option('--exhaust', 'every crash, lost volume and cut at every step of 3 → 4 → 3')
    .option('--stride <k>', 'with --exhaust: only every k-th step', positiveWhole, 1)
    .option('--scale <n>', 'measure routing, state and movement up to n members', positiveWhole)
    .addHelpText('after', `\nRules: ${RULES.join(' ')}\n${ENDING}`)
    .parse()
    .opts<SimOptions>();
}

function profileOf(text: string): ProfileName {
  const known = PROFILES.find((profile) => profile === text);
  if (known === undefined) throw new InvalidArgumentError(`Give one of ${PROFILES.join(', ')}.`);
  return known;
}

/** A rule by its name, or all rules of a number: R2, R2-quorum. */
function rulesOf(text: string): readonly Rule[] {
  const named = RULES.filter((rule) => rule === text || rule.startsWith(`${text}-`));
  if (named.length === 0) throw new InvalidArgumentError(`Give one of ${RULES.join(', ')}.`);
  return named;
}

function ruleOf(text: string): Rule {
  const [rule, ...others] = rulesOf(text);
  if (others.length === 0) return rule!;
  throw new InvalidArgumentError(`Give one of ${[rule, ...others].join(', ')}.`);
}
