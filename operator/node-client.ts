// HTTP client of one node's admin port. Failures become RingErrors by code, so that callers can
// tell a node that refuses from one that does not answer.
import { Agent, request } from 'undici';
import type { NodeLoad, NodeReport } from '../core/api/admin.ts';
import type { RingDocument } from '../core/api/ring-document.ts';
import { ERRORS, RingError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { ADMIN_CALL_MS, ADMIN_CONNECT_MS } from '../core/limits.ts';
import { decodeDocument, encodeDocument } from '../core/membership/document.ts';

export interface NodeClient {
  report(): Promise<NodeReport>;
  /** The document that the node holds; null: none. */
  document(): Promise<RingDocument | null>;
  /** Resolves when the node holds it durably. Throws STALE_DOCUMENT where it holds a newer one. */
  adopt(document: RingDocument): Promise<void>;
  load(): Promise<NodeLoad>;
  drain(): Promise<void>;
  /** Whether clients may be sent to it. Never throws. */
  isReady(): Promise<boolean>;
}

/** Where a node's admin port is, `http://host:port`, and the token that opens it. */
export interface AdminDoor {
  readonly origin: string;
  readonly token: string;
}

/** Short-lived idle sockets: a node that restarts must not be met over its predecessor's connection. */
const agent = new Agent({
  keepAliveTimeout: 2_000,
  connect: { timeout: ADMIN_CONNECT_MS },
  connections: 8,
  pipelining: 1,
});

interface Call {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly body?: string;
}

export function nodeClient(door: AdminDoor): NodeClient {
  const json = async (path: string): Promise<unknown> =>
    JSON.parse((await call(door, { method: 'GET', path })).text);
  return {
    report: async () => (await json('/admin/report')) as NodeReport,
    document: async () => {
      const { status, text } = await call(door, { method: 'GET', path: '/admin/document' }, [404]);
      return status === 404 || text === '' ? null : decodeDocument(text);
    },
    adopt: async (document) => {
      await call(door, { method: 'PUT', path: '/admin/document', body: encodeDocument(document) });
    },
    load: async () => (await json('/admin/load')) as NodeLoad,
    drain: async () => {
      await call(door, { method: 'POST', path: '/admin/drain' });
    },
    isReady: async () => {
      try {
        return (await call(door, { method: 'GET', path: '/readyz' })).status < 300;
      } catch {
        return false;
      }
    },
  };
}

async function call(
  door: AdminDoor,
  { method, path, body }: Call,
  alsoFine: readonly number[] = [],
): Promise<{ status: number; text: string }> {
  const answer = await send(door, { method, path, ...(body === undefined ? {} : { body }) });
  if (answer.status < 300 || alsoFine.includes(answer.status)) return answer;
  throw refusal(answer, `${method} ${door.origin}${path}`);
}

async function send(
  door: AdminDoor,
  { method, path, body }: Call,
): Promise<{ status: number; text: string }> {
  try {
    const answer = await request(`${door.origin}${path}`, {
      method,
      dispatcher: agent,
      headers: {
        authorization: `Bearer ${door.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body ?? null,
      signal: AbortSignal.timeout(ADMIN_CALL_MS),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (cause) {
    throw new RingError('PEER_UNREACHABLE', `${method} ${door.origin}${path}: no answer`, {
      cause,
    });
  }
}

function refusal(answer: { status: number; text: string }, what: string): RingError {
  const problem = problemOf(answer.text);
  return new RingError(problem.code, `${what}: ${answer.status} ${problem.detail}`.trimEnd());
}

/** Code and detail of an RFC 9457 problem document; INTERNAL for anything else. */
export function problemOf(text: string): { code: ErrorCode; detail: string } {
  try {
    const { code, detail, title } = JSON.parse(text) as Record<string, unknown>;
    const known = typeof code === 'string' && code in ERRORS ? (code as ErrorCode) : 'INTERNAL';
    const words = [detail, title].find((word) => typeof word === 'string');
    return { code: known, detail: typeof words === 'string' ? words : '' };
  } catch {
    return { code: 'INTERNAL', detail: text.slice(0, 200) };
  }
}
