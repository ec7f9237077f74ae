import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { judgeHistory } from '../sim/checkers/history.ts';
import type { Call } from '../sim/checkers/history.ts';
import { readHistory, REAL_RULES, writeHistory } from './history-file.ts';

function call(part: Partial<Call> & Pick<Call, 'kind' | 'startMs'>): Call {
  return {
    client: 0,
    key: 'a',
    endMs: part.startMs + 1,
    outcome: 'ok',
    seen: null,
    value: null,
    basedOn: null,
    expiresAtMs: 0,
    ...part,
  };
}

/** A put, a read that shows it, and a delete on top of that read. */
function lived(): Call[] {
  const put = call({ kind: 'write', startMs: 1, value: 'v0' });
  const read = call({ kind: 'read', startMs: 3, seen: ['v0'] });
  return [put, read, call({ kind: 'write', startMs: 20_000, basedOn: read })];
}

async function throughFile(calls: readonly Call[]): Promise<readonly Call[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ringkeeper-test-'));
  try {
    await writeHistory(join(folder, 'history.jsonl'), calls);
    return await readHistory(join(folder, 'history.jsonl'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a kept history is the same history, with what was read and what never ended', async () => {
  const calls = [
    ...lived(),
    call({ kind: 'write', startMs: 9, value: 'v1', endMs: Infinity, outcome: 'unknown' }),
  ];
  expect(await throughFile(calls)).toEqual(calls);
});

test('a kept history shows a lost write, an invented value, a delete that comes back', async () => {
  const lost = [...lived().slice(0, 2), call({ kind: 'read', startMs: 50_000, seen: [] })];
  const invented = [...lived(), call({ kind: 'read', startMs: 50_000, seen: ['v9'] })];
  const resurrected = [...lived(), call({ kind: 'read', startMs: 50_000, seen: ['v0'] })];
  const found = await Promise.all(
    [lived(), lost, invented, resurrected].map(async (calls) =>
      judgeHistory(await throughFile(calls), REAL_RULES).map(({ invariant }) => invariant),
    ),
  );
  expect(found).toEqual([[], ['I1'], ['thin air'], ['I7']]);
});
