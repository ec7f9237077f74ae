// `dht` beside a running operator: real processes, as people run them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { VERSION } from '../../../operator/version.ts';
import type { Ended } from '../../live/ended.ts';
import { OperatedRing } from '../../live/operated-ring.ts';
import { until } from '../../live/until.ts';
import { DHT, run, runUntilAsked, SLOW_MS } from '../../live/operator-commands.ts';
import { ringOfSuite } from './ring-of-suite.ts';

describe('dht beside a running operator', () => {
  const { ring, dht } = ringOfSuite({
    replicas: 3,
    replicationFactor: 3,
    environment: { RINGKEEPER_LOG_LEVEL: 'debug' },
  });

  test(
    'a value that was put is got, listed, and gone once it is removed',
    async () => {
      expect(await dht('kv', 'put', 'a/ä b', 'hello')).toMatchObject({ code: 0 });
      expect(await dht('kv', 'get', 'a/ä b')).toMatchObject({ code: 0, out: 'hello' });
      expect(await dht('kv', 'ls', 'a/')).toMatchObject({ code: 0, out: 'a/ä b\n' });
      expect(await dht('kv', 'rm', 'a/ä b')).toMatchObject({ code: 0 });
      const gone = await dht('kv', 'get', 'a/ä b');
      expect(gone.code).toBe(3);
      expect(gone.err).toContain('holds no value');
    },
    SLOW_MS,
  );

  test(
    'keys that URLs would strip are keys like others',
    async () => {
      expect(await dht('kv', 'put', '..', 'up')).toMatchObject({ code: 0 });
      expect(await dht('kv', 'get', '..')).toMatchObject({ code: 0, out: 'up' });
    },
    SLOW_MS,
  );

  test(
    'what one command reads, another writes on top of',
    async () => {
      await dht('kv', 'put', 'c', '1');
      const { context } = JSON.parse((await dht('kv', 'get', 'c', '-o', 'json')).out) as {
        context: string;
      };
      expect(await dht('kv', 'put', 'c', '2', '--context', context)).toMatchObject({ code: 0 });
      expect((await dht('kv', 'put', 'c', '3', '--create')).code).toBe(4);
      expect((await dht('kv', 'get', 'c')).out).toBe('2');
    },
    SLOW_MS,
  );

  test(
    'verify tells filled keys from missing ones, through any node',
    async () => {
      expect((await dht('kv', 'fill', '--count', '40', '--prefix', 'v/')).out).toBe('written=40\n');
      expect(
        (await dht('kv', 'verify', '--count', '40', '--prefix', 'v/', '--via', 'ring-1')).out,
      ).toBe('verified=40 missing=0 wrong=0\n');
      await dht('kv', 'put', 'v/7', 'another value');
      await dht('kv', 'rm', 'v/8');
      const found = await dht('kv', 'verify', '--count', '40', '--prefix', 'v/');
      expect(found).toMatchObject({ code: 1, out: 'verified=38 missing=1 wrong=1\n' });
      expect(found.err).toContain('v/8, v/7');
    },
    SLOW_MS,
  );

  test(
    'status, get, ring and plan tell one story',
    async () => {
      const status = JSON.parse((await dht('status', '-o', 'json')).out) as {
        ring: { epoch: number };
        operated: boolean;
      };
      expect(status.operated).toBe(true);
      expect((await dht('get')).out).toMatch(/ring +3 +3 +3 +\d+ +Ready/);
      expect((await dht('ring', 'check', '-o', 'json')).out).toContain(
        `"epoch": ${status.ring.epoch}`,
      );
      expect((await dht('ring', 'owner', 'c')).out).toMatch(/PEER ADDRESS\n.* owner /);
      expect((await dht('ring', 'graph')).out).toMatch(/graph/);
      const { members } = JSON.parse((await dht('plan', '--replicas', '4', '-o', 'json')).out) as {
        members: { id: string; gives: { slots: number }; gets: { slots: number } }[];
      };
      const joiner = members.find(({ id }) => id === 'ring-3');
      expect(joiner?.gets.slots).toBe(members.reduce((sum, { gives }) => sum + gives.slots, 0));
      expect(joiner?.gets.slots).toBeGreaterThan(0);
    },
    SLOW_MS,
  );

  test(
    'plan names the members that there are, and says why nothing would move',
    async () => {
      const unknown = await dht('plan', '--decommission', 'ring-9');
      expect(unknown).toMatchObject({ code: 3, out: '' });
      expect(unknown.err).toContain('there is no member ring-9; known: ring-0, ring-1, ring-2');
      expect((await dht('plan')).out).toContain(
        'nothing would move: the ring is what its manifest asks for',
      );
      const { out } = await dht('plan', '--replicas', '5');
      expect(out).toMatch(
        /GIVES SLOTS +GIVES RECORDS +GIVES BYTES +GETS SLOTS +GETS RECORDS +GETS BYTES/,
      );
      expect(out).toContain('each of the 4,096 slots has N=3');
    },
    SLOW_MS,
  );

  test(
    'waiting is told in one line, with its limit in the unit in which it is given',
    async () => {
      const waited = await dht('wait', '--for', 'ready');
      expect(waited.code).toBe(0);
      expect(waited.err).toMatch(/^ring is ready: epoch \d+, 3 of 3 serve\n$/);
      expect((await dht('scale', '--help')).out).toMatch(/\(default:\s+600\)/);
      expect((await dht('wait', '--help')).out).toMatch(/\(default:\s+60\)/);
    },
    SLOW_MS,
  );

  test(
    'a value that is to come from the standard input is asked for',
    async () => {
      const asked = await runUntilAsked(
        ['--state', ring().folder, 'kv', 'put', 'typed'],
        /Ctrl-D ends it/,
        'by hand',
      );
      expect(asked.code).toBe(0);
      expect((await dht('kv', 'get', 'typed')).out).toBe('by hand');
    },
    SLOW_MS,
  );

  test(
    'a scale that the manifest cannot carry is refused and changes nothing',
    async () => {
      const before = readFileSync(join(ring().folder, 'ring.yaml'), 'utf8');
      const refused = await dht('scale', '2');
      expect(refused.code).toBe(4);
      expect(refused.err).toContain('2 is below spec.replicationFactor 3');
      expect(readFileSync(join(ring().folder, 'ring.yaml'), 'utf8')).toBe(before);
    },
    SLOW_MS,
  );

  test(
    'wrong usage is exit code 2, an unknown ring or node exit code 3',
    async () => {
      expect((await dht('scale', 'many')).code).toBe(2);
      expect((await dht('nonsense')).code).toBe(2);
      expect((await dht('--help')).code).toBe(0);
      // Under whatever Node the system has, too.
      for (const entry of [DHT, DHT.replace('main.ts', 'dht.mjs')])
        expect(await run(entry, ['-V'])).toEqual({ code: 0, out: `${VERSION}\n`, err: '' });
      expect((await dht('status', '-c', 'nobody')).code).toBe(3);
      expect((await dht('kv', 'get', 'c', '--via', 'ring-9')).code).toBe(3);
    },
    SLOW_MS,
  );

  test(
    'every result can be had as JSON, and an ETag reads the same wherever it stands',
    async () => {
      const json = async (...args: string[]): Promise<unknown> =>
        JSON.parse((await dht(...args, '-o', 'json')).out);
      const put = await json('kv', 'put', 'j', '1');
      const { etag, context } = (await json('kv', 'get', 'j')) as Record<string, string>;
      expect(put).toEqual({ key: 'j', etag, context });
      expect(await json('ring', 'graph')).toMatchObject({
        format: 'dot',
        graph: expect.stringMatching(/^digraph/),
      });
      const { out } = await run(
        DHT,
        ['--state', ring().folder, 'repl', '-o', 'json'],
        'put j 2\nget j\nget nothing\nls j\nowner j\nnonsense j\n',
      );
      expect(
        out
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ).toEqual([
        expect.objectContaining({ key: 'j', etag: expect.any(String) }),
        expect.objectContaining({ key: 'j', value: '2' }),
        { error: '404: the key holds no value', code: 'NOT_FOUND' },
        { keys: [expect.objectContaining({ key: 'j' })], cursor: null },
        expect.objectContaining({ key: 'j', slot: expect.any(Number) }),
        expect.objectContaining({ error: 'nonsense: no such command' }),
      ]);
    },
    SLOW_MS,
  );

  test(
    'a URL is never taken for another ring than it names',
    async () => {
      const { url } = JSON.parse((await dht('status', '-o', 'json')).out) as { url: string };
      expect((await dht('--url', url, 'ring', 'check')).code).toBe(0);
      for (const command of [['scale', '3'], ['status'], ['kv', 'get', 'j', '--via', 'ring-1']]) {
        const refused = await dht('--url', url, ...command);
        expect(refused).toMatchObject({ code: 2, out: '' });
        expect(refused.err).toContain('leave --url (RINGKEEPER_URL) away');
      }
      const bare = await dht('--url', 'localhost:8080', 'ring');
      expect(bare).toMatchObject({ code: 2, out: '' });
      expect(bare.err).toContain('http://localhost:8080');
    },
    SLOW_MS,
  );

  test(
    'the lines of all nodes are one log',
    async () => {
      const { out } = await dht('logs');
      for (const id of ['ring-0', 'ring-1', 'ring-2']) expect(out).toContain(`${id} listening`);
      expect((await dht('logs', '-m', 'ring-1')).out).not.toContain('ring-0 listening');
    },
    SLOW_MS,
  );

  test(
    'one request is followed by its id, and by its trace, through all three nodes',
    async () => {
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const { status } = await fetch(`http://127.0.0.1:${ring().proxyPort}/v1/kv/followed`, {
        method: 'PUT',
        body: 'x',
        headers: { 'X-Request-Id': 'order-7', traceparent: `00-${trace}-00f067aa0ba902b7-01` },
      });
      expect(status).toBe(204);
      for (const id of ['order-7', trace]) {
        // The third replica's line may come after the answer.
        await until(`lines of all nodes about ${id}`, 30_000, async () => {
          const { out } = await dht('logs', '--request', id);
          const linesWith = (words: string) => out.split(words).length - 1;
          return (
            ['ring-0', 'ring-1', 'ring-2'].every((node) => out.includes(` ${node} `)) &&
            linesWith('request answered') === 1 &&
            linesWith('asked=write') === 2 &&
            linesWith('answer=stored') === 2
          );
        });
      }
    },
    SLOW_MS,
  );

  test(
    'the repl answers piped lines in their order, complaints too',
    async () => {
      const { out, err } = await run(
        DHT,
        ['--state', ring().folder, 'repl'],
        'get nothing\nput q 1\nget q\nnonsense q\n',
      );
      expect(out).toMatch(/^404: .*holds no value\n1\nnonsense: no such command\n/);
      expect(err).not.toContain('holds no value');
    },
    SLOW_MS,
  );

  test(
    'the repl writes on top of what it read',
    async () => {
      const { out } = await run(
        DHT,
        ['--state', ring().folder, 'repl'],
        'put r 1\nput r 2\nget r\nowner r\n',
      );
      expect(out).toMatch(/^2\nslot \d+: ring-/);
    },
    SLOW_MS,
  );
});

test(
  'keys are read and written also while no operator runs',
  async () => {
    const ring = await OperatedRing.start({ replicas: 1, replicationFactor: 1 });
    const dht = (...args: string[]): Promise<Ended> => run(DHT, ['--state', ring.folder, ...args]);
    try {
      await ring.killOperator();
      expect(await dht('kv', 'put', 'a', 'there')).toMatchObject({ code: 0, err: '' });
      expect(await dht('kv', 'get', 'a')).toMatchObject({ code: 0, out: 'there' });
      const missing = await dht('apply', '-f', 'no-such-file.yaml');
      expect(missing.code).toBe(3);
      expect(missing.err.split('ENOENT')).toHaveLength(2);
    } finally {
      await ring.destroy();
    }
  },
  SLOW_MS,
);

describe('a ring of which something else is wanted', () => {
  const { dht } = ringOfSuite({ replicas: 3, replicationFactor: 3 });

  test(
    'a change asked for during a pause waits, why says so, and it is taken back without a trace',
    async () => {
      expect((await dht('pause', '--wait')).err).toMatch(/asks to start no change now\ndone in/);
      await dht('scale', '4');
      await until('the pause is told', SLOW_MS, async () =>
        (await dht('why')).out.includes('The cluster is paused: join ring-3 waits'),
      );
      const { waits } = JSON.parse((await dht('why', '-o', 'json')).out) as {
        waits: { reason: string; sinceMs: number; runbook: string }[];
      };
      expect(waits.at(0)).toMatchObject({
        reason: 'Paused',
        runbook: 'docs/runbooks/Paused.md',
      });
      await dht('scale', '3');
      expect(await dht('resume', '--wait')).toMatchObject({ code: 0 });
      expect((await dht('why')).out).toBe('ring waits for nothing\n');
    },
    SLOW_MS,
  );

  test(
    'one certain member is taken out, another takes its place, and nobody moves when it may come back',
    async () => {
      expect(await dht('decommission', 'ring-1', '--wait')).toMatchObject({ code: 0 });
      const members = async (): Promise<readonly string[]> =>
        (
          JSON.parse((await dht('status', '-o', 'json')).out) as { members: { name: string }[] }
        ).members.map(({ name }) => name);
      expect(await members()).toEqual(['ring-0', 'ring-2', 'ring-3']);
      expect(await dht('decommission', 'ring-9')).toMatchObject({ code: 3 });
      expect(await dht('decommission', 'ring-1', '--undo', '--wait')).toMatchObject({ code: 0 });
      expect(await members()).toEqual(['ring-0', 'ring-2', 'ring-3']);
    },
    SLOW_MS,
  );
});

describe('a ring that grows', () => {
  const { ring, dht } = ringOfSuite({ replicas: 1, replicationFactor: 1 });

  test(
    'moves the keys and bytes that the plan promised, within 5 %',
    async () => {
      expect((await dht('kv', 'fill', '--count', '600')).out).toBe('written=600\n');
      const { total } = JSON.parse((await dht('plan', '--replicas', '2', '-o', 'json')).out) as {
        total: { keys: number; bytes: number };
      };
      const scaled = await dht('scale', '2', '--wait');
      expect(scaled.code).toBe(0);
      expect(scaled.err).toMatch(/asks for 2 members now\ndone in [^\n]*\n$/);
      const { keys, bytes } = ring().status()!.members[1]!;
      expect(
        [keys / total.keys, bytes / total.bytes].map((ratio) => Math.abs(ratio - 1) <= 0.05),
      ).toEqual([true, true]);
      const [, moved = '', unit = ''] =
        /keys? \(([\d.]+) (\w+)\) moved/.exec(ring().operatorLog()) ?? [];
      expect(unit).toBe('KiB');
      expect(Math.abs((Number(moved) * 1024) / total.bytes - 1)).toBeLessThanOrEqual(0.05);
    },
    SLOW_MS,
  );
});
