import { describe, expect, test } from '@jest/globals';
import { epoch, nodeId, requestId } from '../../core/api/ids.ts';
import type { ClientResult, ReadRequest, WriteRequest } from '../../core/api/requests.ts';
import { keyOf } from '../../core/ring/hash.ts';
import { seededRng } from '../../core/rng.ts';
import { Driver } from '../../node/driver.ts';
import type { DriverOptions } from '../../node/driver.ts';
import { openMemoryStorage } from '../../node/storage/memory.ts';
import type { Storage } from '../../node/storage/storage.ts';
import { openMemoryNetwork } from '../../node/transport/memory.ts';
import { oneMemberRing } from './one-member-ring.ts';

interface Opened {
  readonly driver: Driver;
  readonly storage: Storage;
  readonly ends: Parameters<DriverOptions['onEnd']>[0][];
}

/** A driver alone on a memory network, with a ring of one in force unless told otherwise. */
async function withDriver(
  test: (opened: Opened) => Promise<void>,
  {
    wrap = (storage) => storage,
    adopt = true,
  }: { wrap?: (storage: Storage) => Storage; adopt?: boolean } = {},
): Promise<void> {
  const storage = wrap(await openMemoryStorage());
  const ends: Opened['ends'] = [];
  const driver = new Driver({
    id: nodeId('dev-0'),
    storage,
    rng: seededRng(1),
    handoffBytesPerSecond: Infinity,
    now: Date.now,
    onEvent: () => undefined,
    onAdopted: () => undefined,
    onEnd: (why) => {
      ends.push(why);
    },
  });
  const transport = openMemoryNetwork().transport({
    hello: () => ({
      incarnation: storage.identity.incarnation,
      clusterId: null,
      epoch: epoch(0),
      protocolVersionMin: 1,
      protocolVersionMax: 1,
      namesWanted: false,
    }),
    address: 'a',
    secret: 's',
    events: { received: (e) => driver.received(e), disconnected: (p) => driver.disconnected(p) },
  });
  driver.start(transport);
  try {
    if (adopt) await driver.adopt(oneMemberRing(driver.incarnation));
    await test({ driver, storage, ends });
  } finally {
    driver.stop();
    await transport.close();
    await storage.close();
  }
}

const read = (id: string, key: string): ReadRequest => ({
  kind: 'read',
  id: requestId(id),
  key: keyOf(key),
  quorum: null,
});

const write = (id: string, key: string, text: string): WriteRequest => ({
  kind: 'write',
  id: requestId(id),
  key: keyOf(key),
  value: Buffer.from(text),
  contentType: 'text/plain',
  expiresAtMs: 0,
  context: null,
  condition: { kind: 'any' },
  quorum: null,
});

const asked = (driver: Driver, request: ReadRequest | WriteRequest): Promise<ClientResult> =>
  new Promise((resolve) => {
    driver.ask(request, resolve);
  });

describe('the driver', () => {
  test('gives each request its own answer', async () => {
    await withDriver(async ({ driver }) => {
      await Promise.all(
        ['a', 'b', 'c'].map((key) => asked(driver, write(`w-${key}`, key, `value of ${key}`))),
      );
      const results = await Promise.all(
        ['c', 'a', 'b'].map((key) => asked(driver, read(`r-${key}`, key))),
      );
      const texts = results.map((result) =>
        result.kind === 'value'
          ? Buffer.from(result.siblings[0]?.value ?? []).toString()
          : result.kind,
      );
      expect(texts).toEqual(['value of c', 'value of a', 'value of b']);
      expect(driver.pendingRequests).toBe(0);
    });
  });

  test('a record in memory is read without a turn of the event loop', async () => {
    await withDriver(async ({ driver }) => {
      await asked(driver, write('w', 'a', 'x'));
      let answer: ClientResult | null = null;
      driver.ask(read('r', 'a'), (result) => {
        answer = result;
      });
      expect(answer).toMatchObject({ kind: 'value' });
    });
  });

  test('an answer may ask again at once, ten thousand deep', async () => {
    await withDriver(async ({ driver }) => {
      let left = 10_000;
      const again = (): void => {
        if (left-- > 0) driver.ask(read(`r-${left}`, 'a'), again);
      };
      again();
      while (left > 0) await new Promise((resolve) => setImmediate(resolve));
      expect(driver.pendingRequests).toBe(0);
    });
  });

  test('whoever waits is told when the node stops, and whoever asks later too', async () => {
    await withDriver(async ({ driver }) => {
      const waiting = asked(driver, write('w', 'a', 'x'));
      driver.stop();
      expect(await waiting).toMatchObject({ kind: 'failed', code: 'DRAINING', maybeApplied: true });
      expect(await asked(driver, read('r', 'a'))).toMatchObject({
        kind: 'failed',
        code: 'DRAINING',
      });
      await expect(
        driver.adopt(oneMemberRing(driver.incarnation, { epoch: epoch(2) })),
      ).rejects.toMatchObject({ code: 'DRAINING' });
    });
  });

  test('a drain ends once what was asked is answered and the clean mark is durable', async () => {
    await withDriver(async ({ driver }) => {
      const write1 = asked(driver, write('w', 'a', 'x'));
      await driver.drain();
      expect(await write1).toMatchObject({ kind: 'written' });
      expect(await asked(driver, read('r', 'a'))).toMatchObject({
        kind: 'failed',
        code: 'DRAINING',
      });
      expect(driver.report().draining).toBe(true);
    });
  });

  test('a store that cannot be read ends the node', async () => {
    const broken = (storage: Storage): Storage =>
      Object.create(storage, {
        load: { value: () => Promise.reject(new Error('disk is gone')) },
      }) as Storage;
    await withDriver(
      async ({ driver, ends }) => {
        expect(await asked(driver, read('r', 'a'))).toMatchObject({ kind: 'failed' });
        expect(ends).toMatchObject([{ kind: 'halt', error: { code: 'STORE_FAILED' } }]);
      },
      { wrap: broken },
    );
  });

  test('without a document nothing is served, and the first one is taken', async () => {
    await withDriver(
      async ({ driver }) => {
        expect(await asked(driver, read('r', 'a'))).toMatchObject({
          kind: 'failed',
          code: 'NOT_SERVING',
        });
        await driver.adopt(oneMemberRing(driver.incarnation));
        expect(await asked(driver, read('r2', 'a'))).toMatchObject({ kind: 'value', siblings: [] });
      },
      { adopt: false },
    );
  });
});
