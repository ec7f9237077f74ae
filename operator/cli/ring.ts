// `dht ring`: the ring as its members hold it: who is in it, whether all agree, who owns a key.
import { Command, Option } from 'commander';
import { formatCount } from '../words.ts';
import { EXIT } from './exit.ts';
import type { Cli } from './cli.ts';
import { examples } from './cli.ts';
import type { RingClient } from './ring-client.ts';
import type { GlobalOptions } from './target.ts';
import { table } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface RingOptions extends GlobalOptions {
  readonly via?: string;
  readonly format?: keyof typeof FORMATS;
}

/** Formats of a drawing, and where a member has it. */
const FORMATS = { dot: '/v1/ring.dot', mermaid: '/v1/ring.mmd', svg: '/v1/ring.svg' } as const;

export function ringCommand(cli: Cli): Command {
  const { terminal } = cli;
  const to =
    (handle: Handler) =>
    (...given: readonly unknown[]): Promise<void> =>
      withRing(cli, given.at(-1) as Command, handle);
  return new Command('ring')
    .description('members, slots and balance as a member of the ring holds them')
    .option('--via <member>', 'ask this member')
    .addHelpText(
      'after',
      examples(
        cli,
        'ring',
        'ring check',
        'ring owner greeting',
        'ring graph --format svg > ring.svg',
      ),
    )
    .action(to(show(terminal)))
    .addCommand(
      new Command('check')
        .description('asks all members now: do they hold the same ring? Exit code 1 if not')
        .action(to(check(terminal))),
    )
    .addCommand(
      new Command('owner')
        .description('the slot, owner and replica set of a key')
        .argument('<key>')
        .action((key: string, ...given: readonly unknown[]) => to(owner(terminal, key))(...given)),
    )
    .addCommand(
      new Command('graph')
        .description('the ring as a picture')
        .addOption(
          new Option('--format <format>', 'Graphviz, Mermaid or SVG')
            .choices(Object.keys(FORMATS))
            .default('dot'),
        )
        .action(
          to(async (ring, { format = 'dot', output }) => {
            const { body } = await ring.ask(FORMATS[format]);
            if (output === 'json') terminal.printJson({ format, graph: body.toString('utf8') });
            else terminal.printBytes(body);
          }),
        ),
    );
}

type Handler = (ring: RingClient, options: RingOptions) => Promise<void>;

async function withRing({ rings }: Cli, command: Command, handle: Handler): Promise<void> {
  const options = command.optsWithGlobals<RingOptions>();
  const ring = await rings.client(options, options.via);
  try {
    await handle(ring, options);
  } finally {
    await ring.close();
  }
}

interface MemberRow {
  readonly id: string;
  readonly incarnation: string;
  readonly state: string;
  readonly zone: string;
  readonly slotsOwned: number;
  readonly slotsReplicated: number;
  readonly slotsNext: number | null;
}

function show(terminal: Terminal): Handler {
  return async (ring, { output }) => {
    const view = (await ring.json('/v1/ring')) as {
      epoch: number;
      phase: string;
      slots: number;
      replicationFactor: number;
      members: readonly MemberRow[];
      balance: { ratio: number };
      change: { summary: string } | null;
    };
    if (output === 'json') return terminal.printJson(view);
    terminal.print(
      `epoch ${view.epoch}, ${view.phase}, ${formatCount(view.slots)} slots, ` +
        `N=${view.replicationFactor}; the busiest member holds ${view.balance.ratio.toFixed(3)} × the mean`,
    );
    if (view.change !== null) terminal.print(`changing: ${view.change.summary}`);
    terminal.print(
      table(
        ['MEMBER', 'INCARNATION', 'STATE', 'ZONE', 'OWNS', 'HOLDS', 'WILL HOLD'],
        view.members.map((member) => [
          member.id,
          member.incarnation,
          member.state,
          member.zone,
          member.slotsOwned,
          member.slotsReplicated,
          member.slotsNext ?? '',
        ]),
      ),
    );
  };
}

function check(terminal: Terminal): Handler {
  return async (ring, { output }) => {
    const found = (await ring.json('/v1/ring/check')) as {
      ok: boolean;
      epoch: number;
      problems: readonly string[];
      members: readonly {
        id: string;
        incarnation: string;
        epoch: number | null;
        verdict: string;
        detail?: string;
      }[];
    };
    if (output === 'json') terminal.printJson(found);
    else {
      terminal.print(
        `${found.ok ? 'all members agree' : 'the members do not agree'} on epoch ${found.epoch}`,
      );
      terminal.print(
        table(
          ['MEMBER', 'INCARNATION', 'EPOCH', 'VERDICT', 'DETAIL'],
          found.members.map((member) => [
            member.id,
            member.incarnation,
            member.epoch ?? '–',
            member.verdict,
            // Members of an earlier version give none.
            member.detail ?? '',
          ]),
        ),
      );
      for (const problem of found.problems) terminal.print(problem);
    }
    if (!found.ok) process.exitCode = EXIT.failed;
  };
}

function owner(terminal: Terminal, key: string): Handler {
  return async (ring, { output }) => {
    // A proxy on the way may read `%2F` as a slash.
    const query = { key64: Buffer.from(key).toString('base64url') };
    const found = (await ring.json('/v1/ring/owner', { query })) as {
      key: string;
      hash: string;
      slot: number;
      epoch: number;
      preferenceList: readonly {
        id: string;
        incarnation: string;
        zone: string;
        address: string;
        replica: boolean;
      }[];
    };
    if (output === 'json') return terminal.printJson(found);
    terminal.print(`${found.key}  hash ${found.hash}  slot ${found.slot}  epoch ${found.epoch}`);
    terminal.print(
      table(
        ['MEMBER', 'ROLE', 'ZONE', 'PEER ADDRESS'],
        found.preferenceList.map((member, index) => [
          member.id,
          member.replica ? (index === 0 ? 'owner' : 'replica') : 'fallback',
          member.zone,
          member.address,
        ]),
      ),
    );
  };
}
