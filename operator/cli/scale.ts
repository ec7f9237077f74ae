// `dht scale N`: how many members are wanted.
import { Command } from 'commander';
import { MEMBERS_MAX } from '../../core/limits.ts';
import { isConverged } from '../local/status.ts';
import { counted } from '../words.ts';
import { wholeNumber } from './arguments.ts';
import type { Cli } from './cli.ts';
import { examples, named } from './cli.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { carryOut, withWait } from './wish.ts';
import type { WishOptions } from './wish.ts';

interface ScaleOptions extends WishOptions {
  readonly replicas?: number;
}

const members = wholeNumber(1, MEMBERS_MAX);

export function scaleCommand(cli: Cli): Command {
  const command = new Command('scale')
    .description('change the number of members; may be changed again at any time, also half way')
    .argument('[ring-or-replicas]', 'which ring, where there are several; or at once:', word)
    .argument('[replicas]', 'members wanted', members)
    .option('--replicas <n>', 'members wanted', members);
  return withWait(command)
    .addHelpText(
      'after',
      `
Changes what is wanted: \`replicas\` in the manifest that the operator watches (\`dht get\` shows which
file), on Kubernetes in the DhtCluster.
${examples(cli, 'plan --replicas 5', 'scale 5 --wait', 'scale dev 5')}`,
    )
    .action(
      async (
        first: string | number | undefined,
        second: number | undefined,
        _options: object,
        self: Command,
      ) => {
        const ring = typeof first === 'string' ? first : undefined;
        const options = { ...self.optsWithGlobals<ScaleOptions>(), ...named(ring) };
        const replicas = options.replicas ?? second ?? first;
        if (typeof replicas !== 'number')
          throw new CommandFailed(EXIT.usage, `how many members? ${cli.name} scale 5`);
        const target = await cli.rings.target(options);
        const wish = {
          edit: () => ({ replicas }),
          says: `for ${counted(replicas, 'member')}`,
          isReached: isConverged,
        };
        await carryOut(cli, { target, options, wish });
      },
    );
}

/** Names of rings start with a letter. */
function word(text: string): string | number {
  return /^[a-z]/.test(text) ? text : members(text);
}
