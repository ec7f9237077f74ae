// After everything: reads every key ever written, through the proxy and through nodes, and lists
// all keys; what it finds goes into the journal as reads like any other.
import { requestBytes } from '../live/connection.ts';
import { until } from '../live/until.ts';
import type { Journal } from './journal.ts';
import { RingAccess } from './ring-access.ts';
import type { Target } from './ring-access.ts';

const KEYS_PER_BATCH = 200;
const LISTED_PER_PAGE = 1000;
/** ms in which each batch must succeed: the ring is at rest, so one try should do. */
const PATIENCE_MS = 20_000;
/** Client numbers of the readings in the history. */
const READER = -1;
const LISTER = -2;

interface Verdict {
  readonly key: string;
  readonly status: number;
  readonly value?: string;
  readonly siblings?: readonly { readonly value: string }[];
}

/** Keys (all that begin with the prefix) that were read at each target. Throws where a key cannot be read at all. */
export async function readEverything(
  journal: Journal,
  targets: readonly Target[],
  prefix = '',
): Promise<number> {
  const keys = journal.writtenKeys();
  const access = new RingAccess();
  try {
    for (const target of targets) {
      for (let at = 0; at < keys.length; at += KEYS_PER_BATCH) {
        await readBatch(access, target, journal, keys.slice(at, at + KEYS_PER_BATCH));
      }
    }
    for (const target of targets.slice(0, 1))
      await listAll(access, target, journal, { keys, prefix });
  } finally {
    access.close();
  }
  return keys.length;
}

async function readBatch(
  access: RingAccess,
  target: Target,
  journal: Journal,
  keys: readonly string[],
): Promise<void> {
  const body = Buffer.from(JSON.stringify({ operations: keys.map((key) => ({ op: 'get', key })) }));
  await until(
    `${keys.length} keys are read through ${target.node ?? 'the proxy'}`,
    PATIENCE_MS,
    async () => {
      const calls = keys.map((key) =>
        journal.begin({
          kind: 'read',
          client: READER,
          key,
          value: null,
          basedOn: null,
          expiresAtMs: 0,
        }),
      );
      const outcome = await access.call(target, requestBytes('POST', '/v1/batch', { body }));
      if (outcome.kind === 'failure') return false;
      const { results } = JSON.parse(outcome.answer.body.toString('utf8')) as {
        results: readonly Verdict[];
      };
      calls.forEach((call, i) => {
        const verdict = results[i]!;
        if (verdict.status !== 404 && verdict.status > 300) return;
        call.outcome = 'ok';
        call.endMs = journal.now();
        call.seen =
          verdict.siblings?.map(({ value }) => value) ??
          (verdict.status === 404 ? [] : [verdict.value!]);
      });
      return calls.every((call) => call.outcome === 'ok');
    },
  );
}

interface Page {
  readonly keys: readonly { readonly key: string }[];
  readonly cursor?: string | null;
}

/** A key of ours that no page holds counts as read and not found. */
async function listAll(
  access: RingAccess,
  target: Target,
  journal: Journal,
  { keys, prefix }: { readonly keys: readonly string[]; readonly prefix: string },
): Promise<void> {
  const startMs = journal.now();
  const listed = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await until('the keys are listed', PATIENCE_MS, async () => {
      const outcome = await access.call(
        target,
        requestBytes('GET', `/v1/keys?prefix=${prefix}&limit=${LISTED_PER_PAGE}${from}`),
      );
      return outcome.kind === 'failure'
        ? null
        : (JSON.parse(outcome.answer.body.toString('utf8')) as Page);
    });
    for (const { key } of page.keys) listed.add(key);
    cursor = page.cursor ?? null;
  }
  const known = new Set(keys);
  const strange = [...listed].filter((key) => !known.has(key));
  if (strange.length > 0)
    throw new Error(`keys are listed that nobody wrote: ${strange.slice(0, 5).join(', ')}`);
  for (const key of keys) {
    if (listed.has(key)) continue;
    const call = journal.begin({
      kind: 'read',
      client: LISTER,
      key,
      value: null,
      basedOn: null,
      expiresAtMs: 0,
    });
    Object.assign(call, { startMs, endMs: journal.now(), outcome: 'ok', seen: [] });
  }
}
