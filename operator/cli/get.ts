// `dht get`: every ring, a line each, as `kubectl get dht` prints them.
import { Command } from 'commander';
import type { Cli } from './cli.ts';
import { examples, named, ringArgument } from './cli.ts';
import type { GlobalOptions, TargetStatus } from './target.ts';
import { table } from './terminal.ts';
import { livingNodes } from './unattended.ts';

export function getCommand(cli: Cli): Command {
  const { terminal, rings } = cli;
  return new Command('get')
    .description('all rings, a line each')
    .addArgument(ringArgument())
    .addHelpText('after', examples(cli, 'get', 'get -o json | jq ".[].ring.epoch"'))
    .action(async (ring: string | undefined, _options: object, command: Command) => {
      const options = { ...command.optsWithGlobals<GlobalOptions>(), ...named(ring) };
      const targets = await rings.targets(options);
      const found = await Promise.all(
        targets.map(async (target) => ({ target, status: await target.status() })),
      );
      if (options.output === 'json') {
        terminal.printJson(found.map(({ status }) => status));
        return;
      }
      if (found.length === 0) terminal.remark('there is no ring');
      else
        terminal.print(
          table(
            ['NAME', 'DESIRED', 'READY', 'RING', 'EPOCH', 'PHASE', 'URL', 'WANTED IN'],
            found.map(({ target, status }) => [
              target.name,
              status.desiredReplicas,
              status.readyReplicas,
              status.members.length,
              status.ring.epoch,
              phaseOf(status),
              status.url,
              target.wish,
            ]),
          ),
        );
    });
}

function phaseOf(status: TargetStatus): string {
  if (!status.operated) return livingNodes(status) > 0 ? 'NoOperator' : 'Stopped';
  const is = (type: string): boolean =>
    status.conditions.some((each) => each.type === type && each.status === 'True');
  if (is('Hibernated')) return 'Hibernated';
  if (status.operation !== null) return 'Changing';
  if (is('Paused')) return 'Paused';
  return status.readyReplicas === status.desiredReplicas ? 'Ready' : 'NotReady';
}
