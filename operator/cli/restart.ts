// `dht restart`: all members, one at a time, and only while every slot is whole.
import { Command } from 'commander';
import type { RingStatus } from '../local/status.ts';
import { isConverged } from '../local/status.ts';
import type { Cli } from './cli.ts';
import { examples, named, ringArgument } from './cli.ts';
import { carryOut, withWait } from './wish.ts';
import type { WishOptions } from './wish.ts';

export function restartCommand(cli: Cli): Command {
  const command = new Command('restart')
    .description('restart all members, one at a time, while every slot has all its copies')
    .addArgument(ringArgument());
  return withWait(command)
    .addHelpText('after', examples(cli, 'restart --wait'))
    .action(async (ring: string | undefined, _options: object, self: Command) => {
      const options = { ...self.optsWithGlobals<WishOptions>(), ...named(ring) };
      const target = await cli.rings.target(options);
      const restartedAt = new Date().toISOString();
      const wish = {
        edit: () => ({ restartedAt }),
        says: `for a restart as of ${restartedAt}`,
        isReached: (status: RingStatus) => isConverged(status) && !isRolling(status),
      };
      await carryOut(cli, { target, options, wish });
    });
}

function isRolling({ conditions }: RingStatus): boolean {
  return conditions.some(({ type, status }) => type === 'RollingOut' && status === 'True');
}
