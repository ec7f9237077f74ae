// Every request has an id: the client's where it is sane, else one made here. The ring's own id is
// unique even where two clients send the same. It travels with the request, and is one of
//   own               such as 2f750e67f488-2, of a request without a name
//   name~own          the client's X-Request-Id
//   name~trace~own    it is part of a W3C trace, too
//   ~trace~own        which is all the name that it has
import { requestId } from '../../core/api/ids.ts';
import type { RequestId } from '../../core/api/ids.ts';
import { REQUEST_ID_BYTES_MAX } from '../../core/limits.ts';

export interface RequestIds {
  next(given: Given): Named;
}

/** What the client sent of itself. */
export interface Given {
  readonly requestId: string | string[] | undefined;
  readonly traceparent: string | string[] | undefined;
}

export interface Named {
  /** What the client is told. */
  readonly shown: string;
  /** What the ring pairs by. */
  readonly internal: RequestId;
}

const SEPARATOR = '~';
/** Without the separator. */
const SANE = /^[A-Za-z0-9._:+/=-]+$/;
/** Version, trace id, parent id, flags; later versions may add fields. Zeros alone are no id. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

/** `prefix` is unique to this process's life. */
export function requestIds(prefix: string): RequestIds {
  let serial = 0;
  return {
    next({ requestId: given, traceparent }) {
      serial++;
      const own = `${prefix}-${serial.toString(36)}`;
      const traceId = traceparent === undefined ? null : traceIdOf(traceparent);
      const name = isSane(given) ? given : '';
      if (traceId !== null) {
        const internal = requestId([name, traceId, own].join(SEPARATOR));
        return { shown: name === '' ? traceId : name, internal };
      }
      if (name === '') return { shown: own, internal: requestId(own) };
      return { shown: name, internal: requestId(`${name}${SEPARATOR}${own}`) };
    },
  };
}

/** A request as log lines name it, on every node that works for it. */
export function namesOf(id: RequestId): { requestId: RequestId; traceId?: string } {
  const [, traceId, own] = id.split(SEPARATOR);
  return own === undefined ? { requestId: id } : { requestId: id, traceId: traceId! };
}

function isSane(given: Given['requestId']): given is string {
  return typeof given === 'string' && given.length <= REQUEST_ID_BYTES_MAX && SANE.test(given);
}

/** null: it is malformed, and so is ignored (W3C Trace Context). */
function traceIdOf(header: string | string[]): string | null {
  return typeof header === 'string' ? (TRACEPARENT.exec(header)?.[1] ?? null) : null;
}
