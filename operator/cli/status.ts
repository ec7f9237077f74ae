// `dht status`: one ring in full: members, the change under way, everything that waits and why.
import { Command } from 'commander';
import type { MemberStatus, RingStatus } from '../local/status.ts';
import { formatBytes, formatCount, midSentence, progressBar, remainingText } from '../words.ts';
import type { Cli } from './cli.ts';
import { examples, named, ringArgument } from './cli.ts';
import type { GlobalOptions } from './target.ts';
import { table } from './terminal.ts';
import { unattendedLine } from './unattended.ts';

export function statusCommand(cli: Cli): Command {
  const { terminal, rings } = cli;
  return new Command('status')
    .description('what the ring is doing: members, the change under way, and why anything waits')
    .addArgument(ringArgument())
    .addHelpText(
      'after',
      `
STATE: what the ring document says of the member; not serving: it should, and takes no requests now;
disk full: it serves, and takes no more values.
HOLDS: slots of which the member has a copy. RECORDS: keys of which it has a copy, and the marks that
keep deleted ones deleted, until they are collected. Where no operator runs the ring, the figures are those it last had.
${examples(cli, 'status -o json | jq .ring.epoch')}`,
    )
    .action(async (ring: string | undefined, _options: object, command: Command) => {
      const options = { ...command.optsWithGlobals<GlobalOptions>(), ...named(ring) };
      const status = await (await rings.target(options)).status();
      if (options.output === 'json') terminal.printJson(status);
      else
        terminal.print(status.operated ? statusText(status) : unattendedText(status, Date.now()));
    });
}

export function statusText(status: RingStatus): string {
  const head = `${status.cluster}  ${status.url}  ${ringText(
    status,
    `${status.readyReplicas} of ` + `${status.desiredReplicas} serve, `,
  )}`;
  return [
    head,
    '',
    memberTable(status),
    ...operationLines(status),
    ...waitLines(status),
    ...conditionLines(status),
  ].join('\n');
}

/** Says first that nobody looks after the ring; its waits and conditions are nobody's any more. */
export function unattendedText(status: RingStatus, nowMs: number): string {
  return [
    unattendedLine(status, nowMs),
    ringText(status),
    '',
    memberTable(status),
    ...operationLines(status),
  ].join('\n');
}

function ringText({ ring }: RingStatus, serving = ''): string {
  return (
    `epoch ${ring.epoch}, ${ring.phase}; ${serving}` +
    `N=${ring.replicationFactor} R=${ring.readQuorum} W=${ring.writeQuorum}, ${ring.slots} slots`
  );
}

/** Columns of which nothing is known from here are left out. */
function memberTable({ members }: RingStatus): string {
  const heads = [
    'MEMBER',
    'STATE',
    'PROCESS',
    'ZONE',
    'HOLDS',
    'RECORDS',
    'BYTES',
    'HINTS',
    'EPOCH',
    'URL',
  ];
  const rows = members.map((member) => [
    member.name,
    stateOf(member),
    member.process === 'unknown' ? null : member.process,
    member.zone,
    member.slots,
    isSilent(member) ? null : formatCount(member.keys),
    isSilent(member) ? null : formatBytes(member.bytes),
    member.hints,
    member.epoch,
    member.client,
  ]);
  const known = heads.flatMap((_, column) =>
    rows.length === 0 || rows.some((row) => row[column] !== null) ? [column] : [],
  );
  return table(
    known.map((column) => heads[column] ?? ''),
    rows.map((row) => known.map((column) => row[column] ?? '–')),
  );
}

/** What the ring document says of it, unless its silence or its disk says more. */
function stateOf({ lost, state, serving, diskFull }: MemberStatus): string {
  if (lost) return 'lost';
  if (state !== 'serving') return state;
  if (!serving) return 'not serving';
  return diskFull ? 'disk full' : state;
}

/** Asked, and nothing was heard: 0 records would read as if it had none. */
function isSilent({ serving, epoch, hints, admin }: MemberStatus): boolean {
  return !serving && admin !== null && epoch === null && hints === null;
}

export function operationLine({ operation }: RingStatus): string {
  if (operation === null) return '';
  const { slotsDone, slotsTotal, bytesDone, bytesTotal } = operation;
  const bar =
    slotsTotal > 0 ? progressBar(slotsDone, slotsTotal) : progressBar(bytesDone, bytesTotal);
  return (
    `${operation.summary}  ${operation.phase}  ${bar}  ` +
    `${formatCount(operation.keysDone)} keys  ${formatBytes(operation.bytesDone)}${remainingText(operation.etaMs)}`
  );
}

function operationLines(status: RingStatus): readonly string[] {
  return status.operation === null ? [] : ['', operationLine(status)];
}

function waitLines({ waits }: RingStatus): readonly string[] {
  if (waits.length === 0) return [];
  return [
    '',
    ...waits.flatMap((wait) => [
      `waits (${wait.reason}): ${midSentence(wait.message)}`,
      ...(wait.unblock === '' ? [] : [`  what would unblock it: ${midSentence(wait.unblock)}`]),
    ]),
  ];
}

function conditionLines({ conditions }: RingStatus): readonly string[] {
  if (conditions.length === 0) return [];
  return [
    '',
    table(
      ['CONDITION', 'STATUS', 'REASON', 'MESSAGE'],
      conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
    ),
  ];
}
