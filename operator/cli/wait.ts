// `dht wait`: for scripts that go on once the ring is ready, or has carried out what was asked for.
import { Command, Option } from 'commander';
import { isConverged } from '../local/status.ts';
import { timeoutOption } from './arguments.ts';
import type { Cli } from './cli.ts';
import { examples, named, ringArgument } from './cli.ts';
import { follow } from './follow.ts';
import type { GlobalOptions } from './target.ts';

interface WaitOptions extends GlobalOptions {
  readonly for: 'ready' | 'converged';
  readonly timeout: number;
}

export function waitCommand(cli: Cli): Command {
  const { terminal, rings } = cli;
  return new Command('wait')
    .description('wait until the ring is ready, or until nothing is left to do')
    .addArgument(ringArgument())
    .addOption(
      new Option(
        '--for <state>',
        'ready: clients are served; converged: the manifest is carried out',
      )
        .choices(['ready', 'converged'])
        .default('converged'),
    )
    .addOption(timeoutOption('give up after this time (exit code 4)', 60))
    .addHelpText('after', examples(cli, 'wait --for ready --timeout 30'))
    .action(async (ring: string | undefined, _options: object, command: Command) => {
      const options = { ...command.optsWithGlobals<WaitOptions>(), ...named(ring) };
      const status = await follow(
        await rings.target(options),
        {
          sinceMs: Date.now(),
          timeoutMs: options.timeout,
          isReached:
            options.for === 'converged'
              ? isConverged
              : (now) =>
                  now.readyReplicas >= Math.min(now.desiredReplicas, now.ring.readQuorum) &&
                  now.ring.epoch > 0,
        },
        terminal,
      );
      if (options.output === 'json') terminal.printJson(status);
      else
        terminal.remark(
          `${status.cluster} is ${options.for}: epoch ${status.ring.epoch}, ` +
            `${status.readyReplicas} of ${status.desiredReplicas} serve`,
        );
    });
}
