// `dht repl`: put and get by hand, with the causal context of each key kept between the lines. Every
// answer, complaints too, goes to stdout: piped lines are answered in their order.
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { RingError } from '../../core/errors.ts';
import { reasonOf } from '../words.ts';
import { keyPath, ringClient } from './ring-client.ts';
import type { Answer, Ask, RingClient } from './ring-client.ts';
import { clientUrl } from './local-ring.ts';
import type { LocalOptions } from './local-ring.ts';
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
      const options = command.optsWithGlobals<LocalOptions & { via?: string }>();
      const ring = ringClient(await clientUrl(options, options.via));
      terminal.remark(`${ring.origin}: put, get, rm, ls, owner, help, exit`);
      const lines = createInterface({
        input: process.stdin,
        output: process.stderr,
        prompt: process.stdin.isTTY ? 'dht> ' : '',
      });
      const asJson = options.output === 'json';
      const say: Session['say'] = (value, words) => {
        if (asJson) terminal.print(JSON.stringify(value));
        else terminal.print(words);
      };
      const session: Session = { ring, say, asJson, contexts: new Map() };
      // Piped input ends before its last line is carried out; a closed prompt must not be shown again.
      let ended = false;
      lines.once('close', () => {
        ended = true;
      });
      lines.prompt();
      for await (const line of lines) {
        if (/^\s*(exit|quit)\s*$/.test(line)) break;
        await carryOut(session, line).catch((error: unknown) => {
          const reason = reasonOf(error);
          say({ error: reason, ...(error instanceof RingError && { code: error.code }) }, reason);
        });
        if (!ended) lines.prompt();
      }
      lines.close();
      await ring.close();
    });
}

interface Session {
  readonly ring: RingClient;
  /** One answer: as a line of JSON, or in words where these are wanted. */
  readonly say: (value: unknown, words: string) => void;
  readonly asJson: boolean;
  /** The context of the last read or write of each key: a write replaces exactly that. */
  readonly contexts: Map<string, string>;
}

async function carryOut(session: Session, line: string): Promise<void> {
  const [, verb = '', key = '', value = ''] = /^\s*(\S*)\s*(\S*)\s?(.*)$/s.exec(line) ?? [];
  if (verb === '') return;
  const say = (error: string, words = `${error}\n${HELP}`): void => session.say({ error }, words);
  if (verb === 'help') return session.say({ help: HELP }, HELP);
  if (verb === 'ls') return list(session, key);
  if (key === '') return say(`${verb}: name a key`);
  switch (verb) {
    case 'put':
      return write(session, key, { method: 'PUT', body: Buffer.from(value) });
    case 'rm':
      return write(session, key, { method: 'DELETE' });
    case 'get':
      return get(session, key);
    case 'owner':
      return owner(session, key);
    default:
      return say(`${verb}: no such command`);
  }
}

async function list({ ring, asJson, say }: Session, prefix: string): Promise<void> {
  const page = (await ring.json('/v1/keys', {
    query: { prefix, limit: String(LISTED_MAX) },
  })) as { keys: readonly { key: string }[]; cursor: string | null };
  const more = page.cursor === null ? [] : ['… and more: `dht kv ls` lists all'];
  const lines = [...page.keys.map(({ key }) => key), ...more];
  if (asJson || lines.length > 0) say(page, lines.join('\n'));
}

/** In words a write that went well says nothing. */
async function write(
  session: Session,
  key: string,
  how: Pick<Ask, 'method' | 'body'>,
): Promise<void> {
  const { path, query } = keyPath('/v1/kv', key);
  const headers = {
    'x-ring-context': session.contexts.get(key),
    'content-type': 'text/plain; charset=utf-8',
  };
  const asked = { ...how, query: { ...query, format: 'json' }, headers };
  const answer = await session.ring.ask(path, asked);
  learn(session, key, answer);
  if (session.asJson) session.say(JSON.parse(answer.body.toString('utf8')), '');
}

async function get(session: Session, key: string): Promise<void> {
  const { path, query } = keyPath('/v1/kv', key);
  const { ring, asJson, say } = session;
  const answer = await ring.ask(path, {
    query: asJson ? { ...query, format: 'json' } : query,
    headers: { accept: 'application/json' },
  });
  learn(session, key, answer);
  const text = answer.body.toString('utf8');
  say(asJson ? JSON.parse(text) : null, text);
}

async function owner({ ring, say }: Session, key: string): Promise<void> {
  const { path, query } = keyPath('/v1/ring/owner', key);
  const found = (await ring.json(path, { query })) as {
    slot: number;
    preferenceList: readonly { id: string; replica: boolean }[];
  };
  const holders = found.preferenceList.filter(({ replica }) => replica).map(({ id }) => id);
  say(found, `slot ${found.slot}: ${holders.join(', ')}`);
}

function learn({ contexts }: Session, key: string, { headers }: Answer): void {
  const context = headers['x-ring-context'];
  if (typeof context === 'string') contexts.set(key, context);
}
