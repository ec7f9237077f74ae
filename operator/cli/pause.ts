// `dht pause`, `dht resume`: while paused, the operator observes and reports, and starts no change. What
// is under way goes on to its end.
import { Command } from 'commander';
import type { RingStatus } from '../local/status.ts';
import { isConverged } from '../local/status.ts';
import type { Cli } from './cli.ts';
import { examples, named, ringArgument } from './cli.ts';
import { carryOut, withWait } from './wish.ts';
import type { Wish, WishOptions } from './wish.ts';

const PAUSE: Wish = {
  edit: () => ({ paused: true }),
  says: 'to start no change',
  isReached: ({ conditions }: RingStatus) =>
    conditions.some(({ type, status }) => type === 'Paused' && status === 'True'),
};

const RESUME: Wish = {
  edit: () => ({ paused: false }),
  says: 'to go on with changes',
  isReached: isConverged,
};

export function pauseCommand(cli: Cli): Command {
  return wishCommand(cli, 'pause', PAUSE).description(
    'start no change of the ring until it is resumed; what is under way goes on',
  );
}

export function resumeCommand(cli: Cli): Command {
  return wishCommand(cli, 'resume', RESUME).description('go on with changes after a pause');
}

/** A command that needs nothing but a ring. */
export function wishCommand(cli: Cli, name: string, wish: Wish): Command {
  const command = new Command(name).addArgument(ringArgument());
  return withWait(command)
    .addHelpText('after', examples(cli, name))
    .action(async (ring: string | undefined, _options: object, self: Command) => {
      const options = { ...self.optsWithGlobals<WishOptions>(), ...named(ring) };
      await carryOut(cli, { target: await cli.rings.target(options), options, wish });
    });
}
