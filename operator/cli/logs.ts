// `dht logs`: the lines of all nodes as one log.
import { open } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { NodeId } from '../../core/api/ids.ts';
import { RECONCILE_BUSY_MS } from '../../core/limits.ts';
import { isMissing } from '../local/durable-file.ts';
import { nodesIn } from '../local/state-folder.ts';
import { moment, wholeNumber } from './arguments.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { isWanted, LEVELS, lineText, mergeByTime, parseLine } from './log-lines.ts';
import type { LogFilter, LogLine } from './log-lines.ts';
import { localRing } from './target.ts';
import type { GlobalOptions, LocalRing } from './target.ts';
import type { Terminal } from './terminal.ts';

interface LogsOptions extends GlobalOptions {
  readonly member?: readonly string[];
  readonly follow?: boolean;
  readonly level: string;
  readonly request?: string;
  readonly since?: number;
  readonly tail: number;
}

/** How far a log was read. */
interface Reader {
  readonly id: NodeId;
  readonly path: string;
  offset: number;
  rest: string;
  lastMs: number;
}

export function logsCommand(terminal: Terminal): Command {
  return new Command('logs')
    .description('the log lines of all nodes, merged by time')
    .option('-m, --member <names...>', 'only these nodes')
    .addOption(
      new Option('-l, --level <level>', 'least important level shown')
        .choices(LEVELS)
        .default('info'),
    )
    .option('-r, --request <id>', 'only lines about this request (the X-Request-Id of its answer)')
    .option('--since <time>', 'only later ones: 10m, 2h, or a date', moment)
    .option('-n, --tail <n>', 'the last so many lines', wholeNumber(1, 1e6), 200)
    .option('-f, --follow', 'go on with new lines')
    .addHelpText(
      'after',
      '\nExamples:\n  dht logs --follow\n  dht logs -m dev-1 -l warn --since 10m',
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<LogsOptions>();
      const ring = await localRing(options);
      const filter: LogFilter = {
        level: options.level,
        sinceMs: options.since ?? 0,
        ...(options.request === undefined ? {} : { request: options.request }),
      };
      const show = (line: LogLine): void => {
        if (options.output === 'json') terminal.print(JSON.stringify(line));
        else terminal.print(lineText(line));
      };
      const readers = await readersOf(ring, options.member);
      const first = mergeByTime(await Promise.all(readers.map(readOn)));
      first
        .filter((line) => isWanted(line, filter))
        .slice(-options.tail)
        .forEach(show);
      while (options.follow === true) {
        await new Promise((resolve) => setTimeout(resolve, RECONCILE_BUSY_MS));
        await addNewNodes(readers, ring, options.member);
        mergeByTime(await Promise.all(readers.map(readOn)))
          .filter((line) => isWanted(line, filter))
          .forEach(show);
      }
    });
}

async function readersOf(
  { folder }: LocalRing,
  members: readonly string[] | undefined,
): Promise<Reader[]> {
  const ids = await nodesIn(folder);
  const unknown = members?.filter((name) => !ids.includes(name as NodeId)) ?? [];
  if (unknown.length > 0) {
    throw new CommandFailed(
      EXIT.notFound,
      `there is no node ${unknown.join(', ')}; known: ${ids.join(', ')}`,
    );
  }
  return ids
    .filter((id) => members === undefined || members.includes(id))
    .map((id) => ({ id, path: folder.logFile(id), offset: 0, rest: '', lastMs: 0 }));
}

async function addNewNodes(
  readers: Reader[],
  { folder }: LocalRing,
  members: readonly string[] | undefined,
): Promise<void> {
  for (const id of await nodesIn(folder)) {
    if (
      readers.some((reader) => reader.id === id) ||
      (members !== undefined && !members.includes(id))
    )
      continue;
    readers.push({ id, path: folder.logFile(id), offset: 0, rest: '', lastMs: 0 });
  }
}

/** Whole lines that came since the last look. A log that shrank was begun anew. */
async function readOn(reader: Reader): Promise<readonly LogLine[]> {
  const text = await newText(reader);
  const parts = (reader.rest + text).split('\n');
  reader.rest = parts.pop() ?? '';
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const line = parseLine(part, reader.id, reader.lastMs);
      reader.lastMs = line.time;
      return line;
    });
}

async function newText(reader: Reader): Promise<string> {
  try {
    const file = await open(reader.path, 'r');
    try {
      const { size } = await file.stat();
      if (size < reader.offset) reader.offset = 0;
      const buffer = Buffer.alloc(size - reader.offset);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, reader.offset);
      reader.offset += bytesRead;
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}
