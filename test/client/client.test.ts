import { describe, expect, test } from '@jest/globals';
import { clusterId, epoch } from '../../core/api/ids.ts';
import { readSet } from '../../core/membership/document.ts';
import { decodeDocument } from '../../core/membership/document.ts';
import { keyOf, slotOf } from '../../core/ring/hash.ts';
import { connect } from '../../client/client.ts';
import type { Attempt } from '../../client/client.ts';
import { until } from '../live/until.ts';
import { withNodes } from './nodes.ts';
import type { Nodes } from './nodes.ts';

/** The addresses of the members that hold the key, first replica first. */
async function replicasOf({ nodes }: Nodes, key: string): Promise<string[]> {
  const view = (await nodes[0]!.call('GET', '/v1/ring')).json();
  const document = decodeDocument(JSON.stringify(view['document']));
  const addresses = new Map(
    (view['members'] as { incarnation: string; clientAddress: string }[]).map((member) => [
      member.incarnation,
      `http://${member.clientAddress}`,
    ]),
  );
  return readSet(document, slotOf(keyOf(key), document.slotBits)).map((at) => addresses.get(at)!);
}

const KEYS = Array.from({ length: 40 }, (_, i) => `key ${i}/é`);

describe('values', () => {
  test('come back as they were given: text, bytes and JSON', async () => {
    await withNodes(1, async ({ client }) => {
      const ring = client();
      await ring.put('text', 'häßlich');
      await ring.put('bytes', Uint8Array.of(0, 255, 10));
      await ring.put('json', { a: [1, null] });
      expect((await ring.get('text'))?.text()).toBe('häßlich');
      expect((await ring.get('bytes'))?.bytes).toEqual(Uint8Array.of(0, 255, 10));
      expect((await ring.get('json'))?.json()).toEqual({ a: [1, null] });
      expect((await ring.get('json'))?.value.contentType).toBe('application/json');
      expect(await ring.get('absent')).toBeNull();
    });
  });

  test.each(['.', '..', 'a/b', 'ü', '%41', ' ', '?&#', '\u{1f600}'])(
    'have keys that URLs would bend: %j',
    async (key) => {
      await withNodes(1, async ({ client }) => {
        const ring = client();
        await ring.put(key, 'here');
        expect((await ring.get(key))?.text()).toBe('here');
        for await (const listed of ring.keys()) expect(listed.key).toBe(key);
      });
    },
  );

  test('may not have a key that is none', async () => {
    const ring = connect('http://localhost:1');
    await expect(ring.get('')).rejects.toMatchObject({ code: 'BAD_KEY' });
    await expect(ring.put('\ud800', '')).rejects.toMatchObject({ code: 'BAD_KEY' });
  });

  test('end when their time is over, are created once, and are deleted', async () => {
    await withNodes(1, async ({ client }) => {
      const ring = client();
      await ring.create('once', 'first', { ttlSeconds: 1000 });
      const found = await ring.get('once');
      expect(found!.value.expiresAt!.getTime() - Date.now()).toBeGreaterThan(900_000);
      await expect(ring.create('once', 'second')).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
        status: 409,
        retryable: false,
        maybeApplied: false,
      });
      await expect(ring.put('once', 'x', { ifAbsent: true })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
      await ring.put('once', 'third', { ifMatch: found!.etag });
      await ring.delete('once');
      expect(await ring.get('once')).toBeNull();
    });
  });

  test('written concurrently come all, latest first, and none is dropped unasked', async () => {
    await withNodes(1, async ({ client }) => {
      const ring = client();
      const { context } = await ring.put('cart', 'old');
      await ring.put('cart', 'one', { context });
      await ring.put('cart', Uint8Array.of(255), { context });
      const found = await ring.get('cart');
      expect(found!.values.map(({ bytes }) => bytes.length)).toEqual([1, 3]);
      expect(() => found!.text()).toThrow(expect.objectContaining({ code: 'CONFLICTING_VALUES' }));
      expect((await ring.get('cart', { resolve: 'latest' }))!.bytes).toEqual(Uint8Array.of(255));
      await ring.put('cart', 'merged', { context: found!.context });
      expect((await ring.get('cart'))?.text()).toBe('merged');
    });
  });

  test('that were written twice under one context are one', async () => {
    await withNodes(1, async ({ client }) => {
      const ring = client();
      const { context } = await ring.put('a', 'old');
      await ring.put('a', 'same', { context });
      await ring.put('a', 'same', { context });
      expect((await ring.get('a'))?.text()).toBe('same');
    });
  });
});

describe('the ring', () => {
  test('is learned, and every read and write goes to a replica of its key', async () => {
    await withNodes(5, async (ring) => {
      const attempts: Attempt[] = [];
      const client = ring.client({ onAttempt: (attempt) => attempts.push(attempt) });
      await client.ready();
      expect(client.ring).toMatchObject({ epoch: 1, clusterId: 'test-ring', phase: 'stable' });
      for (const key of KEYS) {
        const replicas = await replicasOf(ring, key);
        attempts.length = 0;
        await client.put(key, 'x');
        await client.get(key);
        expect(attempts.map(({ operation, isDirect }) => [operation, isDirect])).toEqual([
          ['put', true],
          ['get', true],
        ]);
        expect(attempts[0]!.url).toBe(replicas[0]);
        expect(replicas).toContain(attempts[1]!.url);
      }
      const pages = await Promise.all(
        ring.nodes.map(async ({ admin }) => (await admin('GET', '/metrics')).body),
      );
      for (const page of pages) expect(page).toMatch(/dht_node_writes_handed_over_total 0/);
    });
  });

  test('is asked only at the given address where that is wished', async () => {
    await withNodes(2, async (ring) => {
      const attempts: Attempt[] = [];
      const client = ring.client({ direct: false, onAttempt: (one) => attempts.push(one) });
      for (const key of KEYS.slice(0, 5)) await client.put(key, 'x');
      expect(new Set(attempts.map(({ url, isDirect }) => `${url} ${isDirect}`))).toEqual(
        new Set([`${ring.url} false`]),
      );
      expect(client.ring).toBeNull();
    });
  });

  test('is learned anew when an answer tells of a newer epoch', async () => {
    await withNodes(2, async (ring) => {
      const client = ring.client();
      await client.ready();
      await ring.post({ epoch: epoch(5) });
      expect(client.ring?.epoch).toBe(1);
      await client.put('a', 'x');
      await until('the client knows epoch 5', 30_000, () => client.ring?.epoch === 5);
    });
  });

  test('is reached through the others while a member is gone', async () => {
    await withNodes(3, async (ring) => {
      const client = ring.client();
      await client.ready();
      for (const key of KEYS) await client.put(key, 'before');
      await ring.nodes[2]!.node.stop();
      for (const key of KEYS) expect((await client.get(key))?.text()).toBe('before');
      for (const key of KEYS) await client.put(key, 'after');
      for (const key of KEYS) expect((await client.get(key))?.text()).toBe('after');
    });
  });

  test('of another cluster in a member’s place is not written to', async () => {
    await withNodes(1, async (other) => {
      await withNodes(
        1,
        async (ring) => {
          const view = (await ring.nodes[0]!.call('GET', '/v1/ring')).body;
          // What the client is told: the other ring's node stands where a member should.
          const lie = view.replaceAll(
            /"clientAddress":"[^"]*"/g,
            `"clientAddress":"${other.url.slice(7)}"`,
          );
          const client = ring.client({
            fetch: (url, init) =>
              url === `${ring.url}/v1/ring`
                ? Promise.resolve(new Response(lie, { headers: [['x-ring-epoch', '1']] }))
                : ring.fetch(url, init),
          });
          await client.ready();
          await client.put('a', 'mine');
          expect((await other.nodes[0]!.call('GET', '/v1/kv/a')).status).toBe(404);
          expect((await ring.nodes[0]!.call('GET', '/v1/kv/a')).body).toBe('mine');
        },
        { document: { clusterId: clusterId('mine') } },
      );
    });
  });
});

describe('an update', () => {
  test('of many clients at once loses none of them', async () => {
    await withNodes(3, async (ring) => {
      const clients = [ring.client(), ring.client({ url: ring.urlOf(1) })];
      const marks = Array.from({ length: 20 }, (_, i) => i);
      await Promise.all(
        marks.map((mark, i) =>
          clients[i % 2]!.update('set', (values) => [
            ...new Set([...values.flatMap((value) => value.json<number[]>()), mark]),
          ]),
        ),
      );
      // A last one merges what was concurrent, if anything was.
      const all = await clients[0]!.update('set', (values) => [
        ...new Set(values.flatMap((value) => value.json<number[]>())),
      ]);
      expect(all!.json<number[]>().toSorted((a, b) => a - b)).toEqual(marks);
    });
  });

  test('merges values that were written concurrently', async () => {
    await withNodes(1, async ({ client }) => {
      const ring = client();
      const { context } = await ring.put('cart', ['old']);
      await ring.put('cart', ['one'], { context });
      await ring.put('cart', ['two'], { context });
      const merged = await ring.update('cart', (values) =>
        values.flatMap((value) => value.json<string[]>()).sort(),
      );
      expect(merged!.json()).toEqual(['one', 'two']);
      expect((await ring.get('cart'))?.json()).toEqual(['one', 'two']);
    });
  });

  test('deletes where nothing should be, and leaves alone what need not change', async () => {
    await withNodes(1, async ({ client }) => {
      const ring = client();
      const { etag } = await ring.put('a', 'x');
      expect((await ring.update('a', () => undefined))?.etag).toBe(etag);
      expect(await ring.update('a', () => null)).toBeNull();
      expect(await ring.get('a')).toBeNull();
      expect(await ring.update('a', () => null)).toBeNull();
      expect((await ring.update('a', (values) => `${values.length}`))?.text()).toBe('0');
    });
  });
});

describe('a batch', () => {
  test('gives each operation its own verdict, in order', async () => {
    await withNodes(3, async ({ client }) => {
      const ring = client();
      await ring.ready();
      const results = await ring.batch([
        { op: 'put', key: 'a', value: 'one' },
        { op: 'put', key: 'b', value: Uint8Array.of(255), ttlSeconds: 1000 },
        { op: 'get', key: 'a' },
        { op: 'get', key: 'b' },
        { op: 'put', key: 'a', value: 'two', ifAbsent: true },
        { op: 'delete', key: 'a' },
        { op: 'get', key: 'a' },
        { op: 'put', key: '', value: '' },
      ]);
      expect(results.map(({ kind }) => kind)).toEqual([
        'written',
        'written',
        'found',
        'found',
        'failed',
        'written',
        'found',
        'failed',
      ]);
      const [, , a, b, refused, , gone, bad] = results;
      expect(a).toMatchObject({ key: 'a', found: { values: [{ contentType: /text/ }] } });
      expect(b!.kind === 'found' && b!.found!.bytes).toEqual(Uint8Array.of(255));
      expect(refused).toMatchObject({ error: { code: 'ALREADY_EXISTS', maybeApplied: false } });
      expect(gone).toMatchObject({ found: null });
      expect(bad).toMatchObject({ error: { code: 'BAD_KEY' } });
    });
  });

  test('of more than one request holds goes in several, each to who holds its keys', async () => {
    await withNodes(5, async (ring) => {
      const attempts: Attempt[] = [];
      const client = ring.client({ onAttempt: (one) => attempts.push(one) });
      await client.ready();
      attempts.length = 0;
      const keys = Array.from({ length: 2600 }, (_, i) => `k${i}`);
      const written = await client.batch(keys.map((key) => ({ op: 'put', key, value: key })));
      expect(written.filter(({ kind }) => kind !== 'written')).toEqual([]);
      expect(attempts.length).toBeGreaterThanOrEqual(5);
      expect(attempts.every(({ isDirect }) => isDirect)).toBe(true);
      const read = await client.batch(keys.map((key) => ({ op: 'get', key })));
      expect(read.map((one) => one.kind === 'found' && one.found!.text())).toEqual(keys);
      const listed = new Set<string>();
      for await (const { key } of client.keys({ prefix: 'k1', pageSize: 100 })) listed.add(key);
      expect(listed).toEqual(new Set(keys.filter((key) => key.startsWith('k1'))));
    });
  });
});
