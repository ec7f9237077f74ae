// `dht plan --replicas N`: what scaling would move, before the act.
import { Command } from 'commander';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { MEMBERS_MAX } from '../../core/limits.ts';
import { desiredOf } from '../desired.ts';
import { forecast } from '../planner/forecast.ts';
import type { MemberForecast } from '../planner/forecast.ts';
import type { Desired } from '../planner/observed.ts';
import { formatBytes, formatCount } from '../words.ts';
import { wholeNumber } from './arguments.ts';
import type { Cli } from './cli.ts';
import { EXAMPLE_MEMBER, examples, named, ringArgument } from './cli.ts';
import { CommandFailed, EXIT } from './exit.ts';
import type { GlobalOptions, SpecEdit } from './target.ts';
import { table } from './terminal.ts';

interface PlanOptions extends GlobalOptions {
  readonly replicas?: number;
  readonly decommission?: readonly string[];
}

export function planCommand(cli: Cli): Command {
  const { terminal, rings } = cli;
  return new Command('plan')
    .description('the keys and bytes that each member would give and get, before the act')
    .addArgument(ringArgument())
    .option('--replicas <n>', 'members wanted', wholeNumber(1, MEMBERS_MAX))
    .option('--decommission <members...>', `members that are to leave, such as ${EXAMPLE_MEMBER}`)
    .addHelpText(
      'after',
      examples(cli, 'plan --replicas 5', `plan --decommission ${EXAMPLE_MEMBER}`),
    )
    .action(async (ring: string | undefined, _options: object, command: Command) => {
      const options = { ...command.optsWithGlobals<PlanOptions>(), ...named(ring) };
      const target = await rings.target(options);
      const desired = desiredOf(await target.imagined(wishIn(options)));
      const observed = await target.observe();
      const { document, loads, isEstimate } = observed;
      if (document === null)
        throw new CommandFailed(EXIT.refused, `${target.name} has no ring yet: nothing would move`);
      checkMembers(options.decommission ?? [], document);
      const members = forecast(desired, observed).map(rounded);
      if (options.output === 'json') {
        terminal.printJson({
          cluster: target.name,
          replicas: desired.replicas,
          epoch: document.epoch,
          isEstimate,
          members,
          total: totalOf(members),
        });
      } else if (isIdle(members)) terminal.print(idleText(options));
      else terminal.print(planText(members, document, desired));
      const seats = document.current.seats.filter(({ incarnation }) => loads.has(incarnation));
      if (seats.length < document.current.seats.length) {
        terminal.remark(
          `only ${seats.length} of ${document.current.seats.length} members told their load: ` +
            'keys and bytes are incomplete',
        );
      } else if (isEstimate && !isIdle(members))
        terminal.remark('keys and bytes are worked out from what each member holds in all');
    });
}

/** An estimate counts parts of keys. */
function rounded({ id, gives, gets }: MemberForecast): MemberForecast {
  const whole = ({ slots, keys, bytes }: Amount): Amount => ({
    slots,
    keys: Math.round(keys),
    bytes: Math.round(bytes),
  });
  return { id, gives: whole(gives), gets: whole(gets) };
}

function wishIn({ replicas, decommission }: PlanOptions): SpecEdit {
  return {
    ...(replicas === undefined ? {} : { replicas }),
    ...(decommission === undefined ? {} : { decommission }),
  };
}

/** Throws CommandFailed (not found) for a name that no member has. */
export function checkMembers(wanted: readonly string[], { members }: RingDocument): void {
  const known = members.map(({ id }): string => id);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new CommandFailed(
    EXIT.notFound,
    `there is no member ${unknown.join(', ')}; known: ${[...new Set(known)].join(', ')}`,
  );
}

type Amount = MemberForecast['gets'];

function totalOf(members: readonly MemberForecast[]): Amount {
  const sum = (of: (amount: Amount) => number): number =>
    members.reduce((total, { gets }) => total + of(gets), 0);
  return {
    slots: sum(({ slots }) => slots),
    keys: sum(({ keys }) => keys),
    bytes: sum(({ bytes }) => bytes),
  };
}

function isIdle(members: readonly MemberForecast[]): boolean {
  return members.every(({ gives, gets }) => gives.slots === 0 && gets.slots === 0);
}

function idleText({ replicas, decommission }: PlanOptions): string {
  return replicas === undefined && decommission === undefined
    ? 'nothing would move: the ring is what its manifest asks for; --replicas or --decommission asks for another'
    : 'nothing would move: the ring is already what that asks for';
}

/** Records: keys, and the marks of deleted ones, which move with them. */
const columns = (what: string): readonly string[] =>
  ['SLOTS', 'RECORDS', 'BYTES'].map((counted) => `${what} ${counted}`);

function planText(
  members: readonly MemberForecast[],
  { slotBits }: RingDocument,
  { replicationFactor }: Desired,
): string {
  const cells = ({ slots, keys, bytes }: Amount): readonly string[] =>
    slots === 0 ? ['–', '', ''] : [formatCount(slots), formatCount(keys), formatBytes(bytes)];
  const amounts = table(
    ['MEMBER', ...columns('GIVES'), ...columns('GETS')],
    [
      ...members.map(({ id, gives, gets }) => [id, ...cells(gives), ...cells(gets)]),
      ['all', '', '', '', ...cells(totalOf(members))],
    ],
  );
  return (
    `${amounts}\n\nSlots and records are counted by the copy: each of the ${formatCount(2 ** slotBits)} slots has ` +
    `N=${replicationFactor}.`
  );
}
