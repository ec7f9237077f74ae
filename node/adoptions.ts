// Who waits for which ring document: an operator's post is answered only when the document, or a
// newer one, is durable and in force (R5: the answer is the acknowledgement).
import type { RingDocument } from '../core/api/ring-document.ts';
import { RingError } from '../core/errors.ts';
import { ADOPTION_MS } from '../core/limits.ts';
import { documentHash } from '../core/membership/document.ts';

export interface AdoptionQueue {
  /**
   * `feed`: the document must still be given to the replica. `nowMs` is of a clock that never
   * jumps.
   */
  wait(
    document: RingDocument,
    nowMs: number,
  ): { readonly feed: boolean; readonly done: Promise<void> };
  /** The document in force has changed. */
  settle(): void;
  expire(nowMs: number): void;
  refuseAll(error: RingError): void;
}

interface Waiter {
  readonly document: RingDocument;
  readonly untilMs: number;
  readonly resolve: () => void;
  readonly reject: (error: RingError) => void;
}

export function adoptionQueue(inForce: () => RingDocument | null): AdoptionQueue {
  let waiters: Waiter[] = [];
  const settleOne = (waiter: Waiter): boolean => {
    const verdict = judge(waiter.document, inForce());
    if (verdict === 'newer') return false;
    if (verdict === 'held') waiter.resolve();
    else waiter.reject(verdict);
    return true;
  };
  return {
    wait(document, nowMs) {
      const verdict = judge(document, inForce());
      // The same epoch again may carry progress, which no acknowledgement depends on.
      if (verdict === 'held') return { feed: true, done: Promise.resolve() };
      if (verdict !== 'newer') return { feed: false, done: Promise.reject(verdict) };
      const done = new Promise<void>((resolve, reject) => {
        waiters.push({ document, untilMs: nowMs + ADOPTION_MS, resolve, reject });
      });
      return { feed: true, done };
    },
    settle() {
      waiters = waiters.filter((waiter) => !settleOne(waiter));
    },
    expire(nowMs) {
      if (waiters.length === 0) return;
      const late = waiters.filter((waiter) => waiter.untilMs <= nowMs);
      waiters = waiters.filter((waiter) => waiter.untilMs > nowMs);
      for (const { document, reject } of late) {
        reject(
          new RingError(
            'TIMEOUT',
            `epoch ${document.epoch} was not in force after ${ADOPTION_MS} ms`,
          ),
        );
      }
    },
    refuseAll(error) {
      for (const waiter of waiters) waiter.reject(error);
      waiters = [];
    },
  };
}

function judge(document: RingDocument, held: RingDocument | null): 'newer' | 'held' | RingError {
  if (held === null) return 'newer';
  if (held.clusterId !== document.clusterId) {
    return new RingError(
      'CONFLICT',
      `this node belongs to ring ${held.clusterId}, the document is of ${document.clusterId}`,
    );
  }
  if (document.epoch > held.epoch) return 'newer';
  if (document.epoch < held.epoch) {
    return new RingError(
      'STALE_DOCUMENT',
      `epoch ${document.epoch} was sent, epoch ${held.epoch} is in force`,
    );
  }
  if (documentHash(document) === documentHash(held)) return 'held';
  return new RingError(
    'CONFLICT',
    `another document of epoch ${held.epoch} is in force: ` +
      `${documentHash(held)}, not ${documentHash(document)}`,
  );
}
