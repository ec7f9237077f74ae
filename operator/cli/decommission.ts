// `dht decommission MEMBER`: takes members out, whatever their number. Nothing goes before its keys are
// with others: the request stands in the spec, and the operator carries it out or says why not yet.
import { Command } from 'commander';
import type { ClusterSpec } from '../../core/api/cluster.ts';
import { isConverged } from '../local/status.ts';
import type { Cli } from './cli.ts';
import { EXAMPLE_MEMBER, examples } from './cli.ts';
import { CommandFailed, EXIT } from './exit.ts';
import type { SpecEdit, TargetStatus } from './target.ts';
import { carryOut, withWait } from './wish.ts';
import type { WishOptions } from './wish.ts';

interface DecommissionOptions extends WishOptions {
  readonly undo?: boolean;
}

export function decommissionCommand(cli: Cli): Command {
  const command = new Command('decommission')
    .description('take members out after their keys were handed over; others take their places')
    .argument('<members...>', `such as ${EXAMPLE_MEMBER}`)
    .option('--undo', 'allow them again: who has not left yet stays');
  return withWait(command)
    .addHelpText(
      'after',
      `\nThe number of members stays as it is: for each one that leaves, another one joins. To have fewer,\n` +
        `scale as well. Names stay in spec.decommission until --undo takes them out. Nobody moves for a name:\n` +
        `whoever has left by then comes back only when there is a place for another member.\n` +
        examples(
          cli,
          `plan --decommission ${EXAMPLE_MEMBER}`,
          `decommission ${EXAMPLE_MEMBER} --wait`,
          `decommission ${EXAMPLE_MEMBER} --undo`,
        ),
    )
    .action(async (members: readonly string[], _options: object, self: Command) => {
      const given = self.optsWithGlobals<DecommissionOptions>();
      const options = { ...given, cluster: given.cluster ?? ringOfAll(members) };
      const target = await cli.rings.target(options);
      const wanted = new Set(members);
      if (options.undo !== true) checkKnown(members, await target.status());
      const wish = {
        edit: (spec: ClusterSpec) =>
          options.undo === true ? without(spec, wanted) : withAll(spec, wanted),
        says: `for a ring ${options.undo === true ? 'that may have' : 'without'} ${members.join(', ')}`,
        isReached: isConverged,
      };
      await carryOut(cli, { target, options, wish });
    });
}

function withAll({ decommission }: ClusterSpec, wanted: ReadonlySet<string>): SpecEdit {
  return { decommission: [...new Set([...decommission, ...wanted])] };
}

function without({ decommission }: ClusterSpec, wanted: ReadonlySet<string>): SpecEdit {
  return { decommission: decommission.filter((name) => !wanted.has(name)) };
}

/** A member's name begins with its ring's; where several rings are named, none is meant. */
function ringOfAll(members: readonly string[]): string {
  const [ring = '', ...others] = new Set(members.map((name) => name.replace(/-\d+$/, '')));
  if (others.length === 0) return ring;
  throw new CommandFailed(
    EXIT.usage,
    `${members.join(', ')} are members of several rings: decommission them ring by ring`,
  );
}

function checkKnown(members: readonly string[], status: TargetStatus): void {
  const known = new Set(status.members.map(({ name }) => name));
  const unknown = members.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new CommandFailed(
    EXIT.notFound,
    `there is no member ${unknown.join(', ')}; known: ${[...known].join(', ')}`,
  );
}
