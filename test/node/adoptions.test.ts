import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import { ADOPTION_MS } from '../../core/limits.ts';
import { adoptionQueue } from '../../node/adoptions.ts';
import type { AdoptionQueue } from '../../node/adoptions.ts';
import { oneMemberRing } from './one-member-ring.ts';

const MEMBER = incarnation('00112233aabbccdd');
const at = (n: number, changes: Partial<RingDocument> = {}): RingDocument =>
  oneMemberRing(MEMBER, { ...changes, epoch: epoch(n) });

/** A queue over a document that the test puts in force. */
function opened(held: RingDocument | null): {
  queue: AdoptionQueue;
  put: (document: RingDocument) => void;
} {
  let inForce = held;
  const queue = adoptionQueue(() => inForce);
  return {
    queue,
    put: (document) => {
      inForce = document;
      queue.settle();
    },
  };
}

describe('waiting for a document', () => {
  test('ends when it, and not when an older one, is in force', async () => {
    const { queue, put } = opened(null);
    const { feed, done } = queue.wait(at(3), 0);
    let isDone = false;
    void done.then(() => {
      isDone = true;
    });
    put(at(2));
    await Promise.resolve();
    expect([feed, isDone]).toEqual([true, false]);
    put(at(3));
    await expect(done).resolves.toBeUndefined();
  });

  test('ends as stale when a newer one came first', async () => {
    const { queue, put } = opened(at(1));
    const { done } = queue.wait(at(2), 0);
    put(at(3));
    await expect(done).rejects.toMatchObject({ code: 'STALE_DOCUMENT' });
  });

  test('ends as a conflict when another one of its epoch came first', async () => {
    const { queue, put } = opened(at(1));
    const { done } = queue.wait(at(2), 0);
    put(at(2, { mode: 'sloppy' }));
    await expect(done).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('ends after a bounded time', async () => {
    const { queue } = opened(at(1));
    const { done } = queue.wait(at(2), 1_000);
    queue.expire(1_000 + ADOPTION_MS - 1);
    queue.expire(1_000 + ADOPTION_MS);
    await expect(done).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('ends when the node stops', async () => {
    const { queue } = opened(at(1));
    const { done } = queue.wait(at(2), 0);
    queue.refuseAll(new RingError('DRAINING', 'stopping'));
    await expect(done).rejects.toMatchObject({ code: 'DRAINING' });
  });

  test('an older one is refused without being fed to the replica', async () => {
    const { feed, done } = opened(at(5)).queue.wait(at(4), 0);
    expect(feed).toBe(false);
    await expect(done).rejects.toMatchObject({ code: 'STALE_DOCUMENT' });
  });
});
