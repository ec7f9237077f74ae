// `dht stop`: ends a ring, with or without an operator: no process is left behind.
import { Command } from 'commander';
import { LOCAL_STOP_MS } from '../../core/limits.ts';
import { lockHolder } from '../local/lock.ts';
import { isGone, readRecord, stopProcess } from '../local/process.ts';
import { isAlive, signalProcess } from '../local/process-identity.ts';
import { nodesIn } from '../local/state-folder.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { localRing } from './local-ring.ts';
import type { LocalOptions, LocalRing } from './local-ring.ts';
import type { Terminal } from './terminal.ts';

export function stopCommand(terminal: Terminal): Command {
  return new Command('stop')
    .description(
      'stop the operator and all nodes in order, also nodes whose operator died; the data stays',
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<LocalOptions>();
      const ring = await localRing(options);
      const operator = await stopOperator(ring);
      const nodes = await stopNodes(ring);
      if (options.output === 'json') terminal.printJson({ operator, nodes });
      else if (!operator && nodes.length === 0)
        terminal.print(`${ring.folder.cluster} did not run`);
      else terminal.print(`${ring.folder.cluster} stopped`);
    });
}

/** The operator stops its nodes itself, and waits for them. */
async function stopOperator({ folder }: LocalRing): Promise<boolean> {
  const holder = await lockHolder(folder.lock);
  if (holder === null) return false;
  signalProcess(holder, 'SIGTERM');
  if (await isGone(holder, 2 * LOCAL_STOP_MS)) return true;
  throw new CommandFailed(EXIT.failed, `the operator (process ${holder.pid}) does not end`);
}

async function stopNodes({ folder }: LocalRing): Promise<readonly string[]> {
  const stopped = await Promise.all(
    (await nodesIn(folder)).map(async (id) => {
      const record = await readRecord(folder.processFile(id));
      if (record === null || !isAlive(record)) return [];
      await stopProcess(record);
      return [id];
    }),
  );
  return stopped.flat();
}
