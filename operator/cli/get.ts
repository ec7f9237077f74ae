// `dht get`: every ring that has state here, a line each, as `kubectl get dht` prints them.
import { Command } from 'commander';
import type { RingStatus } from '../local/status.ts';
import { localRings, readStatus } from './target.ts';
import type { GlobalOptions, LocalRing } from './target.ts';
import { livingNodes } from './unattended.ts';
import { table } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export function getCommand(terminal: Terminal): Command {
  return new Command('get')
    .description('all rings that have state here, a line each')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const rings = await Promise.all(
        (await localRings(options)).map(async (ring) => ({ ring, status: await readStatus(ring) })),
      );
      if (options.output === 'json') {
        terminal.printJson(
          rings.map(({ ring, status }) => ({ ...status, operated: ring.isOperated })),
        );
        return;
      }
      terminal.print(
        table(
          ['NAME', 'DESIRED', 'READY', 'RING', 'EPOCH', 'PHASE', 'URL', 'MANIFEST'],
          rings.map(({ ring, status }) => [
            ring.folder.cluster,
            status.desiredReplicas,
            status.readyReplicas,
            status.members.length,
            status.ring.epoch,
            phaseOf(ring, status),
            status.url,
            ring.operator.manifest,
          ]),
        ),
      );
    });
}

function phaseOf(ring: LocalRing, status: RingStatus): string {
  if (!ring.isOperated) return livingNodes(status) > 0 ? 'NoOperator' : 'Stopped';
  if (status.operation !== null) return 'Changing';
  return status.readyReplicas === status.desiredReplicas ? 'Ready' : 'NotReady';
}
