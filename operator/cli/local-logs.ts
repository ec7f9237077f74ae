// The logs of members on this machine: files that their processes write.
import { open } from 'node:fs/promises';
import type { NodeId } from '../../core/api/ids.ts';
import { isMissing } from '../local/durable-file.ts';
import { nodesIn } from '../local/state-folder.ts';
import type { StateFolder } from '../local/state-folder.ts';
import { checkNames, isWanted, parseLine } from './log-lines.ts';
import type { LogLine } from './log-lines.ts';
import type { LogReader, LogWish } from './target.ts';

/** How far a log was read. */
interface Place {
  readonly id: NodeId;
  readonly path: string;
  offset: number;
  rest: string;
  lastMs: number;
}

export async function localLogs(folder: StateFolder, wish: LogWish): Promise<LogReader> {
  const { members, filter, tail } = wish;
  checkNames(members, await nodesIn(folder));
  const places: Place[] = [];
  const findNew = async (): Promise<void> => {
    for (const id of await nodesIn(folder)) {
      if (members?.includes(id) === false || places.some((place) => place.id === id)) continue;
      places.push({ id, path: folder.logFile(id), offset: 0, rest: '', lastMs: 0 });
    }
  };
  let isFirst = true;
  return {
    look: async () => {
      await findNew();
      const lists = (await Promise.all(places.map(readOn))).map((lines) =>
        lines.filter((line) => isWanted(line, filter)),
      );
      const atMost = isFirst ? tail : Infinity;
      isFirst = false;
      return lists.map((lines) => lines.slice(-atMost));
    },
    close: () => undefined,
  };
}

/** Whole lines that came since the last look. A log that shrank was begun anew. */
async function readOn(place: Place): Promise<readonly LogLine[]> {
  const text = await newText(place);
  const parts = (place.rest + text).split('\n');
  place.rest = parts.pop() ?? '';
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const line = parseLine(part, place.id, place.lastMs);
      place.lastMs = line.time;
      return line;
    });
}

async function newText(place: Place): Promise<string> {
  try {
    const file = await open(place.path, 'r');
    try {
      const { size } = await file.stat();
      if (size < place.offset) place.offset = 0;
      const buffer = Buffer.alloc(size - place.offset);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, place.offset);
      place.offset += bytesRead;
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}
