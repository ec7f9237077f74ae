// The steady load of an end-to-end scenario, run in a pod beside the ring: clients that call through
// the Service and try once more after RETRY_MS, a journal of all they saw, and the judgement of the
// simulator's checker once every key was read at rest. Spoken to over HTTP on CONTROL_PORT:
//   GET  /sums     what was seen so far
//   POST /finish   ends the clients, reads every key, judges; the answer is the verdict
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { seededRng } from '../../core/rng.ts';
import { until } from '../live/until.ts';
import { Connection, requestBytes } from '../live/connection.ts';
import { ProofClient } from '../proof/clients.ts';
import { readEverything } from '../proof/final-reading.ts';
import { REAL_RULES } from '../proof/history-file.ts';
import { Journal } from '../proof/journal.ts';
import { describeViolation } from '../proof/verdict.ts';
import { judgeHistory } from '../sim/checkers/history.ts';
import { LOAD } from './load-port.ts';
import type { LoadSums, LoadVerdict } from './load-port.ts';

/** ms in which the ring must have come to rest, once everything was done to it. */
const REST_MS = 180_000;

const { values } = parseArgs({
  options: {
    host: { type: 'string' },
    port: { type: 'string', default: '8080' },
    clients: { type: 'string', default: '8' },
    rate: { type: 'string', default: '80' },
    seed: { type: 'string', default: '1' },
    prefix: { type: 'string', default: '' },
  },
});
const { host } = values;
if (host === undefined) {
  process.stderr.write('give --host, the name of the ring’s Service\n');
  process.exit(2);
}
const target = { node: null, port: Number(values.port), host };
const clientCount = Number(values.clients);
const journal = new Journal();
const rng = seededRng(Number(values.seed));
const calling = new AbortController();
const clients = Array.from({ length: clientCount }, (_, index) =>
  new ProofClient({
    index,
    journal,
    rng: seededRng(rng.below(2 ** 32)),
    targets: () => ({ proxy: target, nodes: [] }),
    thinkMs: (clientCount / Number(values.rate)) * 1000,
    prefix: values.prefix,
    retryMs: LOAD.retryMs,
  }).run(calling.signal),
);

function sums(): LoadSums {
  const acknowledged = journal.calls.filter(
    ({ kind, outcome }) => kind === 'write' && outcome === 'ok',
  );
  return {
    seconds: journal.now() / 1000,
    calls: journal.calls.length,
    acknowledged: acknowledged.length,
    failures: journal.failures,
    givenUp: journal.givenUp,
    longestGapMs: longestGapMs(),
  };
}

/** ms of the longest time without one answered call: what a client of this ring would call an outage. */
function longestGapMs(): number {
  const ends = journal.calls
    .filter(({ outcome }) => outcome === 'ok')
    .map(({ endMs }) => endMs)
    .sort((a, b) => a - b);
  return ends.reduce((longest, end, i) => Math.max(longest, end - (ends[i - 1] ?? 0)), 0);
}

async function finish(): Promise<LoadVerdict> {
  calling.abort();
  await Promise.all(clients);
  const told = sums();
  await until('the ring is whole', REST_MS, isWhole, 500);
  const keysRead = await readEverything(journal, [target], values.prefix);
  const violations = judgeHistory(journal.calls, REAL_RULES).map(describeViolation);
  return { ...told, keysRead, violations };
}

/** `ok` of /v1/ring/check: every member holds one document, and all copies are equal. */
async function isWhole(): Promise<boolean> {
  const connection = new Connection(target.port, target.host);
  try {
    const { status, body } = await connection.ask(requestBytes('GET', '/v1/ring/check'));
    return status === 200 && (JSON.parse(body.toString('utf8')) as { ok: boolean }).ok;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

createServer((request, response) => {
  const answer = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.url === '/sums') answer(200, sums());
  else if (request.url === '/finish' && request.method === 'POST') {
    finish().then(
      (verdict) => {
        answer(200, verdict);
      },
      (error: unknown) => {
        answer(500, { error: error instanceof Error ? error.message : String(error) });
      },
    );
  } else answer(404, { error: 'GET /sums or POST /finish' });
}).listen(LOAD.controlPort);
process.once('SIGTERM', () => process.exit(0));
