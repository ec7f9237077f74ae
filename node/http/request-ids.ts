// Every request has an id: the client's where it is sane, else one made here. The ring's own id is
// unique even where two clients send the same.
import { requestId } from '../../core/api/ids.ts';
import type { RequestId } from '../../core/api/ids.ts';
import { REQUEST_ID_BYTES_MAX } from '../../core/limits.ts';

export interface RequestIds {
  /** What the client is told, and what the ring pairs by. */
  next(given: string | string[] | undefined): {
    readonly shown: string;
    readonly internal: RequestId;
  };
}

const SANE = /^[A-Za-z0-9._:+/=-]+$/;

/** `prefix` is unique to this process's life. */
export function requestIds(prefix: string): RequestIds {
  let serial = 0;
  return {
    next(given) {
      serial++;
      const own = `${prefix}-${serial.toString(36)}`;
      if (typeof given !== 'string' || given.length > REQUEST_ID_BYTES_MAX || !SANE.test(given)) {
        return { shown: own, internal: requestId(own) };
      }
      return { shown: given, internal: requestId(`${given}~${own}`) };
    },
  };
}
