// `dht kv fill` and `dht kv verify`: test values that can be told right from wrong by the key alone.
import { createHash } from 'node:crypto';
import { Command } from 'commander';
import { DATA_LIMITS } from '../../core/limits.ts';
import { RingError } from '../../core/errors.ts';
import { formatCount, progressBar, remainingMs, remainingText } from '../words.ts';
import { wholeNumber } from './arguments.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { runMany } from './many.ts';
import { patiently } from './patience.ts';
import { keyPath, ringClient } from './ring-client.ts';
import type { RingClient } from './ring-client.ts';
import { clientUrl } from './local-ring.ts';
import type { LocalOptions } from './local-ring.ts';
import type { Terminal } from './terminal.ts';

interface FillOptions extends LocalOptions {
  readonly via?: string;
  readonly count: number;
  readonly concurrency: number;
  readonly prefix: string;
  readonly size: number;
}

export function fillCommand(terminal: Terminal): Command {
  return withFillOptions(
    new Command('fill').description('write test values; `verify` knows what they must be'),
  ).action((_options: object, command: Command) =>
    withRing(command, async (ring, options) => {
      const startedMs = performance.now();
      await each(terminal, options, 'written', async (key) => {
        const { path, query } = keyPath('/v1/kv', key);
        await patiently(() =>
          ring.ask(path, { method: 'PUT', query, body: valueOf(key, options.size) }),
        );
      });
      conclude(terminal, options, { written: options.count, ms: performance.now() - startedMs });
    }),
  );
}

export function verifyCommand(terminal: Terminal): Command {
  return withFillOptions(
    new Command('verify').description(
      'read what `fill` wrote, with the same options; exit code 1 if any is missing or wrong',
    ),
  ).action((_options: object, command: Command) =>
    withRing(command, async (ring, options) => {
      const startedMs = performance.now();
      const missing: string[] = [];
      const wrong: string[] = [];
      await each(terminal, options, 'verified', async (key) => {
        const { path, query } = keyPath('/v1/kv', key);
        const found = await patiently(() => ring.ask(path, { query })).catch((error: unknown) => {
          if (error instanceof RingError && error.code === 'NOT_FOUND') return null;
          throw error;
        });
        if (found === null) missing.push(key);
        else if (found.status !== 200 || !found.body.equals(valueOf(key, options.size)))
          wrong.push(key);
      });
      conclude(terminal, options, {
        verified: options.count - missing.length - wrong.length,
        missing: missing.length,
        wrong: wrong.length,
        ms: performance.now() - startedMs,
      });
      if (missing.length + wrong.length === 0) return;
      const first = [...missing, ...wrong].slice(0, 5).join(', ');
      throw new CommandFailed(
        EXIT.failed,
        `${missing.length} missing, ${wrong.length} wrong: ${first}`,
      );
    }),
  );
}

function withFillOptions(command: Command): Command {
  return command
    .option('--count <n>', 'keys', wholeNumber(1, 1e9), 1000)
    .option('--concurrency <n>', 'requests outstanding', wholeNumber(1, 1024), 32)
    .option('--prefix <text>', 'start of each key', 'test/')
    .option('--size <bytes>', 'bytes of each value', wholeNumber(1, DATA_LIMITS.valueBytesMax), 100)
    .option('--via <node>', 'ask this node, by name or URL, instead of the whole ring');
}

async function withRing(
  command: Command,
  run: (ring: RingClient, options: FillOptions) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<FillOptions>();
  const ring = ringClient(await clientUrl(options, options.via), options.concurrency);
  try {
    await run(ring, options);
  } finally {
    await ring.close();
  }
}

async function each(
  terminal: Terminal,
  { count, concurrency, prefix }: FillOptions,
  verb: string,
  work: (key: string) => Promise<void>,
): Promise<void> {
  const startedMs = performance.now();
  const progressed = (done: number): void => {
    if (done % 64 !== 0 && done !== count) return;
    const elapsedMs = performance.now() - startedMs;
    const leftMs = remainingMs({ done, total: count, elapsedMs });
    terminal.progress(
      `${progressBar(done, count)}  ${formatCount(done)} of ${formatCount(count)} ${verb}, ` +
        `${formatCount((done / elapsedMs) * 1000)}/s${remainingText(leftMs, ', ')}`,
    );
  };
  try {
    await runMany({ count, concurrency, progressed }, (index) => work(`${prefix}${index}`));
  } finally {
    terminal.done();
  }
}

function conclude(
  terminal: Terminal,
  { output }: FillOptions,
  { ms, ...counts }: Record<string, number>,
): void {
  if (output === 'json') terminal.printJson({ ...counts, ms: Math.round(ms ?? 0) });
  else
    terminal.print(
      Object.entries(counts)
        .map(([name, n]) => `${name}=${n}`)
        .join(' '),
    );
}

/** `size` bytes that depend on the key alone: its SHA-256 in hexadecimal, again and again. */
function valueOf(key: string, size: number): Buffer {
  const digest = createHash('sha256').update(key).digest('hex');
  return Buffer.from(digest.repeat(Math.ceil(size / digest.length)).slice(0, size));
}
