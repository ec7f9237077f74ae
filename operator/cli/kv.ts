// `dht kv`: one key at a time, and lists of keys.
import { Command } from 'commander';
import { LIST_LIMIT_MAX, TTL_SECONDS_MAX } from '../../core/limits.ts';
import { wholeNumber } from './arguments.ts';
import { fillCommand, verifyCommand } from './kv-fill.ts';
import { keyPath, ringClient } from './ring-client.ts';
import type { Answer, RingClient } from './ring-client.ts';
import { clientUrl } from './local-ring.ts';
import type { LocalOptions } from './local-ring.ts';
import type { Terminal } from './terminal.ts';

interface KvOptions extends LocalOptions {
  readonly via?: string;
  readonly latest?: boolean;
  readonly contentType?: string;
  readonly context?: string;
  readonly ttl?: number;
  readonly create?: boolean;
  readonly limit?: number;
}

export function kvCommand(terminal: Terminal): Command {
  return new Command('kv')
    .description('read and write keys')
    .option('--via <node>', 'ask this node, by name or URL, instead of the whole ring')
    .addHelpText(
      'after',
      `
Examples:
  dht kv put greeting hello          dht kv get greeting
  dht kv put photo < photo.jpg --content-type image/jpeg
  dht kv ls user/ -o json            dht kv rm greeting
  dht kv fill --count 10000          dht kv verify --count 10000 --via dev-2`,
    )
    .addCommand(
      new Command('get')
        .description('print the value of a key, as it is')
        .argument('<key>')
        .option('--latest', 'where writes were concurrent, print the latest value alone')
        .action((key: string, _options: object, command: Command) =>
          withRing(command, (ring, options) => get(terminal, ring, key, options)),
        ),
    )
    .addCommand(
      new Command('put')
        .description('store a value; without one, the standard input')
        .argument('<key>')
        .argument('[value]')
        .option('--content-type <type>', 'media type that readers get')
        .option('--ttl <seconds>', 'forget it after this time', wholeNumber(1, TTL_SECONDS_MAX))
        .option('--context <context>', 'replace exactly what was read with this context')
        .option('--create', 'only if the key holds no value yet (exit code 4 otherwise)')
        .action((key: string, value: string | undefined, _options: object, command: Command) =>
          withRing(command, (ring, options) => put(terminal, ring, { key, value }, options)),
        ),
    )
    .addCommand(
      new Command('rm')
        .description('delete a key')
        .argument('<key>')
        .option('--context <context>', 'delete exactly what was read with this context')
        .action((key: string, _options: object, command: Command) =>
          withRing(command, (ring, options) => remove(terminal, ring, key, options)),
        ),
    )
    .addCommand(
      new Command('ls')
        .description('list keys, in the order of their hashes')
        .argument('[prefix]')
        .option('--limit <n>', 'keys at most', wholeNumber(1, Number.MAX_SAFE_INTEGER))
        .action((prefix: string | undefined, _options: object, command: Command) =>
          withRing(command, (ring, options) => list(terminal, ring, prefix ?? '', options)),
        ),
    )
    .addCommand(fillCommand(terminal))
    .addCommand(verifyCommand(terminal));
}

type Handler = (ring: RingClient, options: KvOptions) => Promise<void>;

async function withRing(command: Command, handle: Handler): Promise<void> {
  const options = command.optsWithGlobals<KvOptions>();
  const ring = ringClient(await clientUrl(options, options.via));
  try {
    await handle(ring, options);
  } finally {
    await ring.close();
  }
}

async function get(
  terminal: Terminal,
  ring: RingClient,
  key: string,
  { output, latest }: KvOptions,
): Promise<void> {
  const { path, query } = keyPath('/v1/kv', key);
  const asked = { ...query, ...(latest === true ? { resolve: 'latest' } : {}) };
  if (output === 'json') {
    terminal.printJson(await ring.json(path, { query: { ...asked, format: 'json' } }));
    return;
  }
  const answer = await ring.ask(path, { query: asked, headers: { accept: 'application/json' } });
  if (answer.status !== 300) return terminal.printBytes(answer.body);
  const { siblings } = JSON.parse(answer.body.toString('utf8')) as {
    siblings: readonly SiblingView[];
  };
  terminal.remark(
    `${siblings.length} concurrent values; --latest prints one, and a write settles them`,
  );
  for (const sibling of siblings) {
    terminal.printBytes(
      Buffer.from(
        sibling.value ?? sibling.value64 ?? '',
        sibling.value === undefined ? 'base64' : 'utf8',
      ),
    );
    terminal.print('');
  }
}

interface SiblingView {
  readonly value?: string;
  readonly value64?: string;
}

async function put(
  terminal: Terminal,
  ring: RingClient,
  what: { key: string; value: string | undefined },
  options: KvOptions,
): Promise<void> {
  const { path, query } = keyPath('/v1/kv', what.key);
  const answer = await ring.ask(path, {
    method: options.create === true ? 'POST' : 'PUT',
    query,
    body: what.value === undefined ? await standardInput(terminal) : Buffer.from(what.value),
    headers: {
      'content-type':
        options.contentType ?? (what.value === undefined ? undefined : 'text/plain; charset=utf-8'),
      'x-ring-context': options.context,
      'x-ring-ttl': options.ttl?.toString(),
    },
  });
  printWritten(terminal, what.key, answer, options);
}

async function remove(
  terminal: Terminal,
  ring: RingClient,
  key: string,
  options: KvOptions,
): Promise<void> {
  const { path, query } = keyPath('/v1/kv', key);
  const answer = await ring.ask(path, {
    method: 'DELETE',
    query,
    headers: { 'x-ring-context': options.context },
  });
  printWritten(terminal, key, answer, options);
}

function printWritten(
  terminal: Terminal,
  key: string,
  { headers }: Answer,
  { output }: KvOptions,
): void {
  if (output !== 'json') return;
  // Headers hold it in quotes, documents of the ring without.
  const etag = String(headers.etag).replaceAll('"', '');
  terminal.printJson({ key, etag, context: headers['x-ring-context'] });
}

async function list(
  terminal: Terminal,
  ring: RingClient,
  prefix: string,
  { output, limit }: KvOptions,
): Promise<void> {
  const wanted = limit ?? Number.POSITIVE_INFINITY;
  const all: { key: string; etag: string }[] = [];
  let cursor: string | undefined;
  let count = 0;
  do {
    const page = (await ring.json('/v1/keys', {
      query: { prefix, cursor, limit: String(Math.min(LIST_LIMIT_MAX, wanted - count)) },
    })) as { keys: readonly { key: string; etag: string }[]; cursor: string | null };
    count += page.keys.length;
    if (output === 'json') all.push(...page.keys);
    else for (const { key } of page.keys) terminal.print(key);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined && count < wanted);
  if (output === 'json') terminal.printJson(all);
}

/** ms of a silent pipe after which it is told what is waited for; a terminal is told at once. */
const SILENT_INPUT_MS = 1_000;

async function standardInput(terminal: Terminal): Promise<Buffer> {
  const told = setTimeout(
    () => {
      terminal.remark('reading the value from the standard input; Ctrl-D ends it');
    },
    process.stdin.isTTY ? 0 : SILENT_INPUT_MS,
  );
  const parts: Buffer[] = [];
  try {
    for await (const part of process.stdin) {
      clearTimeout(told);
      parts.push(part as Buffer);
    }
  } finally {
    clearTimeout(told);
  }
  return Buffer.concat(parts);
}
