// `dht status`: one ring in full: members, the change under way, everything that waits and why.
import { Command } from 'commander';
import type { RingStatus } from '../local/status.ts';
import { formatBytes, formatCount, midSentence, progressBar, remainingText } from '../words.ts';
import { localRing, readStatus } from './target.ts';
import type { GlobalOptions } from './target.ts';
import { table } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { unattendedLine } from './unattended.ts';

export function statusCommand(terminal: Terminal): Command {
  return new Command('status')
    .description('what the ring is doing: members, the change under way, and why anything waits')
    .addHelpText(
      'after',
      `
HOLDS: slots of which the member has a copy. KEYS counts deleted keys too, until the marks that keep
them deleted are collected. Where no operator runs the ring, the figures are those it last had.

Example:
  dht status -o json | jq .ring.epoch`,
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const ring = await localRing(options);
      const status = await readStatus(ring);
      if (options.output === 'json') {
        terminal.printJson({ ...status, operated: ring.isOperated });
        return;
      }
      terminal.print(ring.isOperated ? statusText(status) : unattendedText(status, Date.now()));
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

function memberTable({ members }: RingStatus): string {
  return table(
    ['MEMBER', 'STATE', 'PROCESS', 'ZONE', 'HOLDS', 'KEYS', 'BYTES', 'HINTS', 'EPOCH', 'URL'],
    members.map((member) => [
      member.name,
      member.lost ? 'lost' : member.state,
      member.process,
      member.zone,
      member.slots,
      formatCount(member.keys),
      formatBytes(member.bytes),
      member.hints,
      member.epoch,
      member.client ?? '–',
    ]),
  );
}

export function operationLine({ operation }: RingStatus): string {
  if (operation === null) return '';
  return (
    `${operation.summary}  ${operation.phase}  ${progressBar(operation.slotsDone, operation.slotsTotal)}  ` +
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
