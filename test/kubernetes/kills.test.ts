// The operator is killed before every write of a scale-out, a scale-in and a replacement, one position
// after the other; its successor knows nothing but what is stored, and must come to the same end.
import { describe, expect, test } from '@jest/globals';
import { describeWithApi } from './on-api-server.ts';
import { NEVER, OperatedRing } from './operated-ring.ts';
import { makeNamespace, makeRing, wishFor } from './ring-objects.ts';

describeWithApi('killed before every write to a real API server', (on) => {
  let block = 0;

  const founded = async (replicas: number): Promise<OperatedRing> => {
    const namespace = await makeNamespace(on.api);
    await makeRing(on.api, namespace, { replicas, slotBits: 4 });
    const ring = new OperatedRing(on.api, namespace, `91.${(block += 1)}`);
    await ring.operate(NEVER);
    return ring;
  };

  const wish = (replicas: number) => async (ring: OperatedRing) => {
    await wishFor(on.api, ring.namespace, { replicas });
  };

  /** Each scenario begins where it ends: there and back, so that one ring serves all positions. */
  describe.each([
    ['a scale-out', wish(5), wish(3)],
    ['a scale-in', wish(3), wish(5)],
    ['a replacement', (ring: OperatedRing) => ring.wipe(1), () => Promise.resolve()],
  ] as const)('%s', (what, change, back) => {
    test('comes to the same end wherever the operator is killed', async () => {
      const ring = await founded(what === 'a scale-in' ? 5 : 3);
      try {
        await change(ring);
        await ring.operate(NEVER);
        const wanted = await ring.end();
        expect(wanted).toMatchObject({ phase: 'stable', whole: true, receipts: [] });
        let position = 0;
        for (let killed = true; killed; position++) {
          await back(ring);
          await ring.operate(NEVER);
          await change(ring);
          ({ killed } = await ring.operate(position));
          await ring.operate(NEVER);
          expect([position, await ring.end()]).toEqual([position, wanted]);
        }
        expect(ring.losses).toEqual([]);
        expect(position).toBeGreaterThan(10);
        if (process.env.TELL_POSITIONS) process.stderr.write(`${what}: ${position} positions\n`);
      } finally {
        await ring.cluster.stop();
      }
    }, 900_000);
  });
});
