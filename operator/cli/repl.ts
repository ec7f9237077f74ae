// `dht repl`: put and get by hand, with the causal context of each key kept between the lines. Every
// answer, complaints too, goes to stdout: piped lines are answered in their order.
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { reasonOf } from '../words.ts';
import { keyPath, ringClient } from './ring-client.ts';
import type { Answer, RingClient } from './ring-client.ts';
import { clientUrl } from './target.ts';
import type { GlobalOptions } from './target.ts';
import type { Terminal } from './terminal.ts';

/** Keys that `ls` shows: a screenful. */
const LISTED_MAX = 20;

const HELP = `put KEY VALUE    store a value on top of what was last read here
get KEY          print the value, or all concurrent ones
rm KEY           delete the key
ls [PREFIX]      list keys, the first ${LISTED_MAX}
owner KEY        who holds the key
help, exit`;

export function replCommand(terminal: Terminal): Command {
  return new Command('repl')
    .description('put and get by hand, line by line')
    .option('--via <node>', 'ask this node, by name or URL, instead of the whole ring')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { via?: string }>();
      const ring = ringClient(await clientUrl(options, options.via));
      terminal.remark(`${ring.origin}: put, get, rm, ls, owner, help, exit`);
      const lines = createInterface({
        input: process.stdin,
        output: process.stderr,
        prompt: process.stdin.isTTY ? 'dht> ' : '',
      });
      const session: Session = { ring, terminal, contexts: new Map() };
      // Piped input ends before its last line is carried out; a closed prompt must not be shown again.
      let ended = false;
      lines.once('close', () => {
        ended = true;
      });
      lines.prompt();
      for await (const line of lines) {
        if (/^\s*(exit|quit)\s*$/.test(line)) break;
        await carryOut(session, line).catch((error: unknown) => {
          terminal.print(reasonOf(error));
        });
        if (!ended) lines.prompt();
      }
      lines.close();
      await ring.close();
    });
}

interface Session {
  readonly ring: RingClient;
  readonly terminal: Terminal;
  /** The context of the last read or write of each key: a write replaces exactly that. */
  readonly contexts: Map<string, string>;
}

async function carryOut(session: Session, line: string): Promise<void> {
  const { ring, terminal, contexts } = session;
  const [, verb = '', key = '', value = ''] = /^\s*(\S*)\s*(\S*)\s?(.*)$/s.exec(line) ?? [];
  const { path, query } = keyPath('/v1/kv', key);
  const headers = {
    'x-ring-context': contexts.get(key),
    'content-type': 'text/plain; charset=utf-8',
  };
  if (verb === '') return;
  if (verb === 'help') return terminal.print(HELP);
  if (verb === 'ls') {
    const { keys, cursor } = (await ring.json('/v1/keys', {
      query: { prefix: key, limit: String(LISTED_MAX) },
    })) as { keys: readonly { key: string }[]; cursor: string | null };
    for (const found of keys) terminal.print(found.key);
    return cursor === null ? undefined : terminal.print('… and more: `dht kv ls` lists all');
  }
  if (key === '') return terminal.print(`${verb}: name a key\n${HELP}`);
  switch (verb) {
    case 'put':
      return learn(
        session,
        key,
        await ring.ask(path, { method: 'PUT', query, headers, body: Buffer.from(value) }),
      );
    case 'rm':
      return learn(session, key, await ring.ask(path, { method: 'DELETE', query, headers }));
    case 'get': {
      const answer = await ring.ask(path, { query, headers: { accept: 'application/json' } });
      terminal.print(answer.body.toString('utf8'));
      return learn(session, key, answer);
    }
    case 'owner': {
      const asked = keyPath('/v1/ring/owner', key);
      const owner = (await ring.json(asked.path, { query: asked.query })) as {
        slot: number;
        preferenceList: readonly { id: string; replica: boolean }[];
      };
      const holders = owner.preferenceList.filter(({ replica }) => replica).map(({ id }) => id);
      return terminal.print(`slot ${owner.slot}: ${holders.join(', ')}`);
    }
    default:
      return terminal.print(`${verb}: no such command\n${HELP}`);
  }
}

function learn({ contexts }: Session, key: string, { headers }: Answer): void {
  const context = headers['x-ring-context'];
  if (typeof context === 'string') contexts.set(key, context);
}
