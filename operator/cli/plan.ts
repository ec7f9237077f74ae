// `dht plan --replicas N`: what scaling would move, before the act.
import { Command } from 'commander';
import { nodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { MEMBERS_MAX } from '../../core/limits.ts';
import { readIfThere } from '../local/durable-file.ts';
import { parseManifest, withField } from '../local/manifest-text.ts';
import { observeAside } from '../local/observe-aside.ts';
import { desiredOf } from '../desired.ts';
import { forecast } from '../planner/forecast.ts';
import type { MemberForecast } from '../planner/forecast.ts';
import type { Desired } from '../planner/observed.ts';
import { formatBytes, formatCount } from '../words.ts';
import { wholeNumber } from './arguments.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { localRing } from './target.ts';
import type { GlobalOptions, LocalRing } from './target.ts';
import { table } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface PlanOptions extends GlobalOptions {
  readonly replicas?: number;
  readonly decommission?: readonly string[];
}

export function planCommand(terminal: Terminal): Command {
  return new Command('plan')
    .description('the keys and bytes that each member would give and get, before the act')
    .option('--replicas <n>', 'members wanted', wholeNumber(1, MEMBERS_MAX))
    .option('--decommission <members...>', 'members that are to leave, such as dev-1')
    .addHelpText('after', '\nExamples:\n  dht plan --replicas 5\n  dht plan --decommission dev-1')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<PlanOptions>();
      const ring = await localRing(options);
      const desired = await wish(ring, options);
      const observed = await observeAside(ring.folder);
      if (observed.document === null) {
        throw new CommandFailed(
          EXIT.refused,
          `${ring.folder.cluster} has no ring yet: nothing would move`,
        );
      }
      checkMembers(options.decommission ?? [], observed.document);
      const members = forecast(desired, observed);
      const loads = observed.loads.size;
      if (options.output === 'json') {
        terminal.printJson({
          replicas: desired.replicas,
          epoch: observed.document.epoch,
          members,
          total: totalOf(members),
        });
      } else if (isIdle(members)) terminal.print(idleText(options));
      else terminal.print(planText(members, observed.document, desired));
      if (loads < observed.document.members.length) {
        terminal.remark(
          `only ${loads} of ${observed.document.members.length} members told their load: ` +
            'keys and bytes are incomplete',
        );
      }
    });
}

async function wish({ operator }: LocalRing, { replicas, decommission }: PlanOptions) {
  let text = await readIfThere(operator.manifest);
  if (text === null)
    throw new CommandFailed(EXIT.notFound, `the manifest ${operator.manifest} is gone`);
  if (replicas !== undefined) text = withField(text, ['replicas'], replicas);
  const read = parseManifest(text);
  if ('problems' in read) throw new CommandFailed(EXIT.refused, read.problems.join('\n'));
  const desired = desiredOf(read.cluster);
  return decommission === undefined
    ? desired
    : { ...desired, decommission: decommission.map(nodeId) };
}

function checkMembers(wanted: readonly string[], { members }: RingDocument): void {
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

function planText(
  members: readonly MemberForecast[],
  { slotBits }: RingDocument,
  { replicationFactor }: Desired,
): string {
  const cells = ({ slots, keys, bytes }: Amount): readonly string[] =>
    slots === 0 ? ['–', '', ''] : [formatCount(slots), formatCount(keys), formatBytes(bytes)];
  const amounts = table(
    ['MEMBER', 'GIVES SLOTS', 'GIVES KEYS', 'GIVES BYTES', 'GETS SLOTS', 'GETS KEYS', 'GETS BYTES'],
    [
      ...members.map(({ id, gives, gets }) => [id, ...cells(gives), ...cells(gets)]),
      ['all', '', '', '', ...cells(totalOf(members))],
    ],
  );
  return (
    `${amounts}\n\nSlots and keys are counted by the copy: each of the ${formatCount(2 ** slotBits)} slots has ` +
    `N=${replicationFactor}.`
  );
}
