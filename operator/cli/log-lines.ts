// Lines of the nodes' logs: read, chosen and merged by time.
import { CommandFailed, EXIT } from './exit.ts';

/** One line as pino writes it. */
export interface LogLine {
  readonly time: number;
  readonly level: string;
  readonly node: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LogFilter {
  /** Least important level shown. */
  readonly level: string;
  readonly sinceMs: number;
  readonly request?: string;
}

export const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;

/** What is no JSON (a crash's stack) becomes a line of level error, at the time of the line before. */
export function parseLine(text: string, node: string, before: number): LogLine {
  try {
    const {
      time,
      level,
      msg,
      node: named,
      ...fields
    } = JSON.parse(text) as Record<string, unknown>;
    return {
      time: typeof time === 'number' ? time : Date.parse(String(time)),
      level: String(level),
      node: typeof named === 'string' ? named : node,
      message: typeof msg === 'string' ? msg : '',
      fields,
    };
  } catch {
    return { time: before, level: 'error', node, message: text, fields: {} };
  }
}

/** Throws CommandFailed (not found) for a name that is not known. */
export function checkNames(wanted: readonly string[] = [], known: readonly string[]): void {
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new CommandFailed(
    EXIT.notFound,
    `there is no member ${unknown.join(', ')}; known: ${known.join(', ')}`,
  );
}

export function isWanted(line: LogLine, { level, sinceMs, request }: LogFilter): boolean {
  if (LEVELS.indexOf(line.level as never) < LEVELS.indexOf(level as never)) return false;
  if (line.time < sinceMs) return false;
  return (
    request === undefined ||
    Object.values(line.fields).some((value) => typeof value === 'string' && isOf(request, value))
  );
}

/** The id that a client was told is the start of the ones used within the ring: node/http/request-ids.ts. */
function isOf(shown: string, value: string): boolean {
  if (value === shown || value.startsWith(`${shown}~`)) return true;
  // A part of a batch or a listing that the client gave no name.
  return value.startsWith(`${shown}.`) && !value.includes('~');
}

/** One order for all nodes; lines of one node keep theirs. */
export function mergeByTime(logs: readonly (readonly LogLine[])[]): readonly LogLine[] {
  return logs.flat().sort((a, b) => a.time - b.time);
}

export function lineText({ time, level, node, message, fields }: LogLine): string {
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const at = Number.isFinite(time) && time > 0 ? new Date(time).toISOString() : '-'.repeat(24);
  return [at, level.toUpperCase().padEnd(5), node, message, ...rest].join(' ');
}
