// The recorded history as lines of JSON, so that its judgement can be repeated without the ring.
import { createReadStream, createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { STRICT_HISTORY } from '../sim/checkers/history.ts';
import type { Call, HistoryRules } from '../sim/checkers/history.ts';

/** How a history of real processes is judged: one clock, quorums of two of three. */
export const REAL_RULES: HistoryRules = {
  ...STRICT_HISTORY,
  /** Ms: two operation deadlines and the time to hand over, as the simulator has it. */
  attemptMs: 13_000,
  /** Ms: an expiry counts from when the node took the request, at most one deadline late. */
  skewMs: 6_000,
};

/** As stored: a read is named by its line, a call without an end by null. */
type Line = Omit<Call, 'basedOn' | 'endMs'> & {
  readonly basedOn: number | null;
  readonly endMs: number | null;
};

export async function writeHistory(path: string, calls: readonly Call[]): Promise<void> {
  const numbers = new Map(calls.map((call, number) => [call, number]));
  await pipeline(function* lines() {
    for (const call of calls) {
      const line: Line = {
        ...call,
        basedOn: call.basedOn === null ? null : (numbers.get(call.basedOn) ?? null),
        endMs: Number.isFinite(call.endMs) ? call.endMs : null,
      };
      yield `${JSON.stringify(line)}\n`;
    }
  }, createWriteStream(path));
}

export async function readHistory(path: string): Promise<readonly Call[]> {
  const calls: Call[] = [];
  for await (const text of createInterface({
    input: createReadStream(path),
    crlfDelay: Infinity,
  })) {
    const line = JSON.parse(text) as Line;
    // A write carries the context of an earlier read, so that one is known already.
    calls.push({
      ...line,
      endMs: line.endMs ?? Infinity,
      basedOn: line.basedOn === null ? null : (calls[line.basedOn] ?? null),
    });
  }
  return calls;
}

/** Keeps a history that was found wanting; how to judge it again. */
export async function keepHistory(seed: number, calls: readonly Call[]): Promise<string> {
  const path = join(tmpdir(), `ringkeeper-history-${seed}-${process.pid}.jsonl`);
  await writeHistory(path, calls);
  return `the history is kept: node test/proof/main.ts --judge ${path}`;
}
