// The REST interface of a ring, as the commands use it. Failures become RingErrors by the code of
// the problem document.
import { Agent, request } from 'undici';
import { RingError } from '../../core/errors.ts';
import { REQUEST_MS } from '../../core/limits.ts';
import { problemOf } from '../node-client.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array;
}

export interface RingClient {
  readonly origin: string;
  /** Throws RingError by the ring's own code; PEER_UNREACHABLE where nobody answers. */
  ask(path: string, ask?: Ask): Promise<Answer>;
  json(path: string, ask?: Ask): Promise<unknown>;
  close(): Promise<void>;
}

export function ringClient(origin: string, connections = 16): RingClient {
  const agent = new Agent({ connections, pipelining: 1 });
  const ask = async (path: string, what: Ask = {}): Promise<Answer> => {
    const answer = await send(agent, `${origin}${path}${queryText(what.query ?? {})}`, what);
    if (answer.status < 400) return answer;
    const problem = problemOf(answer.body.toString('utf8'));
    const reason = `${answer.status}: ${problem.detail || problem.code}`;
    const id = answer.headers['x-request-id'];
    // What failed within the ring may be followed there: `dht logs --request`.
    const follow = answer.status >= 500 && typeof id === 'string' ? ` [request ${id}]` : '';
    throw new RingError(problem.code, `${reason}${follow}`);
  };
  return {
    origin,
    ask,
    json: async (path, what) =>
      JSON.parse((await ask(path, what)).body.toString('utf8')) as unknown,
    close: () => agent.close(),
  };
}

/** `/v1/kv/<key>`, or the query form for keys that URLs would strip. */
export function keyPath(
  prefix: string,
  key: string,
): { path: string; query: Record<string, string> } {
  return key === '.' || key === '..'
    ? { path: prefix, query: { key64: Buffer.from(key).toString('base64url') } }
    : { path: `${prefix}/${encodeURIComponent(key)}`, query: {} };
}

async function send(agent: Agent, url: string, { method, headers, body }: Ask): Promise<Answer> {
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method: method ?? 'GET',
      headers: present(headers ?? {}),
      body: body ?? null,
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  } catch (cause) {
    throw new RingError('PEER_UNREACHABLE', `${new URL(url).origin} does not answer`, { cause });
  }
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const text = new URLSearchParams(present(query)).toString();
  return text === '' ? '' : `?${text}`;
}

function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
