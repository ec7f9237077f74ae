// The operator as people run it: real processes, signals, kills.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { nodeId } from '../../core/api/ids.ts';
import { LOCAL_PORT_STRIDE } from '../../core/limits.ts';
import { isAlive, signalProcess } from '../../operator/local/process-identity.ts';
import { OperatedRing } from '../live/operated-ring.ts';
import type { RingWish } from '../live/operated-ring.ts';
import { DHT, OPERATOR, run, SLOW_MS } from '../live/operator-commands.ts';
import { freePortBase } from '../live/ring-ports.ts';
import { until } from '../live/until.ts';
import { manifestText } from './local/cluster-at-hand.ts';
import { inTemporaryFolder } from './local/temporary-folder.ts';

const livingNodes = (ring: OperatedRing) => ring.nodes().filter((node) => isAlive(node.process));

/** Rings of one test each: gone after it, also where it failed half way. */
const started: OperatedRing[] = [];
const start = async (wish: RingWish): Promise<OperatedRing> => {
  const ring = await OperatedRing.start(wish);
  started.push(ring);
  return ring;
};
afterEach(async () => {
  for (const ring of started.splice(0)) await ring.destroy();
}, SLOW_MS);

describe('the operator', () => {
  test(
    'on Ctrl-C leaves no process, no lock, and the data',
    async () => {
      const ring = await start({ replicas: 1, replicationFactor: 1 });
      const [node] = ring.nodes();
      expect(await ring.stop()).toBe(0);
      expect(isAlive(node!.process)).toBe(false);
      const status = await run(DHT, ['--state', ring.folder, 'status']);
      expect(status.out).toMatch(/^ring is not running \(last seen .* ago\)/);
      expect(status.out).not.toMatch(/ serve,|running +local/);
      expect((await run(DHT, ['--state', ring.folder, 'get'])).out).toMatch(
        /ring +1 +0 +1 +\d+ +Stopped/,
      );
      expect(existsSync(ring.state.lock)).toBe(false);
      expect(existsSync(join(ring.folder, 'ring', 'nodes', 'ring-0', 'data'))).toBe(true);
    },
    SLOW_MS,
  );

  test(
    'on a second Ctrl-C ends even nodes that do not listen any more',
    async () => {
      const ring = await start({ replicas: 1, replicationFactor: 1 });
      const [node] = ring.nodes();
      // Again and again: who stops a node continues it first.
      const deaf = setInterval(() => signalProcess(node!.process, 'SIGSTOP'), 1).unref();
      const operator = JSON.parse(readFileSync(ring.state.operator, 'utf8')) as { pid: number };
      const stopped = ring.stop();
      await until('the operator says that it stops', 30_000, () =>
        ring.operatorLog().includes('stopping all nodes'),
      );
      // Signals are repeated until one is no echo of the first any more.
      await until(
        'the operator ends at once',
        30_000,
        () => {
          if (ring.operatorRuns) process.kill(operator.pid, 'SIGINT');
          return !ring.operatorRuns;
        },
        100,
      );
      expect(await stopped).toBe(130);
      clearInterval(deaf);
      await until('the node is gone', 30_000, () => !isAlive(node!.process));
      expect(existsSync(ring.state.lock)).toBe(false);
    },
    SLOW_MS,
  );

  test(
    'is refused while another one runs the same ring',
    async () => {
      const ring = await start({ replicas: 1, replicationFactor: 1 });
      const second = await run(OPERATOR, [
        '-f',
        join(ring.folder, 'ring.yaml'),
        '--state',
        ring.folder,
        '--port',
        '0',
      ]);
      expect(second.code).toBe(4);
      expect(second.err).toContain('another operator runs this cluster');
      expect(livingNodes(ring)).toHaveLength(1);
    },
    SLOW_MS,
  );

  test(
    'that was killed leaves its nodes serving, and the next one adopts them',
    async () => {
      const ring = await start({ replicas: 3, replicationFactor: 3 });
      const before = ring.nodes();
      const url = `http://127.0.0.1:${before[0]!.ports.client}/v1/kv/k`;
      await ring.killOperator();
      expect((await run(DHT, ['--state', ring.folder, 'status'])).out).toMatch(
        /^ring runs without an operator .*: 3 nodes live/,
      );
      expect(
        (await request(url, { method: 'PUT', body: 'served without an operator' })).statusCode,
      ).toBe(204);
      ring.startOperator();
      await ring.untilConverged(60_000);
      expect(ring.nodes().map((node) => node.process.pid)).toEqual(
        before.map((node) => node.process.pid),
      );
      const through = await request(`http://127.0.0.1:${ring.proxyPort}/v1/kv/k`);
      expect(await through.body.text()).toBe('served without an operator');
    },
    SLOW_MS,
  );

  test(
    'says that the ring is ready when the client address answers, not before',
    () =>
      inTemporaryFolder(async (folder) => {
        const manifest = join(folder, 'ring.yaml');
        await writeFile(manifest, manifestText({ replicas: 1 }));
        const port = await freePortBase();
        const operator = spawn(process.execPath, [
          ...[OPERATOR, '--file', manifest, '--state', folder],
          ...['--port', String(port), '--port-base', String(port + LOCAL_PORT_STRIDE)],
        ]);
        const ended = once(operator, 'exit');
        try {
          // Asked in the very moment in which it is said.
          for await (const line of createInterface(operator.stdout))
            if (line.startsWith('= ring is ready')) break;
          const answer = await request(`http://127.0.0.1:${port}/v1/ring`);
          await answer.body.dump();
          expect(answer.statusCode).toBe(200);
        } finally {
          operator.kill('SIGINT');
          await ended;
        }
      }),
    SLOW_MS,
  );

  test(
    'a node whose record was never written is adopted by its own word',
    async () => {
      const ring = await start({ replicas: 1, replicationFactor: 1 });
      const [node] = ring.nodes();
      await ring.killOperator();
      rmSync(ring.state.processFile(nodeId(node!.id)));
      ring.startOperator();
      await until('it is adopted', 30_000, () =>
        ring.operatorLog().includes(`adopted: process ${node!.process.pid}`),
      );
    },
    SLOW_MS,
  );

  test(
    'dht stop ends nodes whose operator died',
    async () => {
      const ring = await start({ replicas: 1, replicationFactor: 1 });
      const [node] = ring.nodes();
      await ring.killOperator();
      expect(await run(DHT, ['--state', ring.folder, 'stop'])).toMatchObject({
        code: 0,
        out: 'ring stopped\n',
      });
      expect(isAlive(node!.process)).toBe(false);
    },
    SLOW_MS,
  );
});
