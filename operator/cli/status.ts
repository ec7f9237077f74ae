// `dht status`: one ring in full: members, the change under way, everything that waits and why.
import { Command } from 'commander';
import type { RingStatus } from '../local/status.ts';
import { formatBytes, formatCount, formatDuration, progressBar } from '../words.ts';
import { localRing, readStatus } from './target.ts';
import type { GlobalOptions } from './target.ts';
import { table } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export function statusCommand(terminal: Terminal): Command {
  return new Command('status')
    .description('what the ring is doing: members, the change under way, and why anything waits')
    .addHelpText('after', '\nExample:\n  dht status -o json | jq .ring.epoch')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const ring = await localRing(options);
      const status = await readStatus(ring);
      if (options.output === 'json') {
        terminal.printJson({ ...status, operated: ring.isOperated });
        return;
      }
      terminal.print(statusText(status));
      if (!ring.isOperated) {
        const ago = formatDuration(Date.now() - status.observedMs);
        terminal.remark(`no operator runs this ring: it was last seen ${ago} ago. Start one with \`npm start\`.`);
      }
    });
}

export function statusText(status: RingStatus): string {
  const { ring } = status;
  const head = `${status.cluster}  ${status.url}  epoch ${ring.epoch}, ${ring.phase}; `
    + `${status.readyReplicas} of ${status.desiredReplicas} serve, `
    + `N=${ring.replicationFactor} R=${ring.readQuorum} W=${ring.writeQuorum}, ${ring.slots} slots`;
  return [head, '', memberTable(status), ...operationLines(status), ...waitLines(status), ...conditionLines(status)]
    .join('\n');
}

function memberTable({ members }: RingStatus): string {
  return table(
    ['MEMBER', 'STATE', 'PROCESS', 'ZONE', 'SLOTS', 'KEYS', 'BYTES', 'HINTS', 'EPOCH', 'URL'],
    members.map((member) => [
      member.name, member.lost ? 'lost' : member.state, member.process, member.zone, member.slots,
      formatCount(member.keys), formatBytes(member.bytes), member.hints, member.epoch, member.client ?? '–',
    ]));
}

export function operationLine({ operation }: RingStatus): string {
  if (operation === null) return '';
  const eta = operation.etaMs === null ? '' : `  ${formatDuration(operation.etaMs)} left`;
  return `${operation.summary}  ${operation.phase}  ${progressBar(operation.slotsDone, operation.slotsTotal)}  `
    + `${formatCount(operation.keysDone)} keys  ${formatBytes(operation.bytesDone)}${eta}`;
}

function operationLines(status: RingStatus): readonly string[] {
  return status.operation === null ? [] : ['', operationLine(status)];
}

function waitLines({ waits }: RingStatus): readonly string[] {
  if (waits.length === 0) return [];
  return ['', ...waits.flatMap((wait) => [`waits (${wait.reason}): ${wait.message}`,
    ...(wait.unblock === '' ? [] : [`  what would unblock it: ${wait.unblock}`])])];
}

function conditionLines({ conditions }: RingStatus): readonly string[] {
  if (conditions.length === 0) return [];
  return ['', table(['CONDITION', 'STATUS', 'REASON', 'MESSAGE'],
    conditions.map(({ type, status, reason, message }) => [type, status, reason, message]))];
}
