// A real Prometheus for one test: it scrapes what it is told to, keeps all in a folder of its own, and
// is gone with the test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { until } from '../live/until.ts';
import { PROMETHEUS } from './tools.ts';

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

type Answer<T> = { readonly status: string; readonly data: T; readonly error?: string };

export class Prometheus {
  readonly #origin: string;
  readonly #end: () => Promise<void>;

  private constructor(origin: string, end: () => Promise<void>) {
    this.#origin = origin;
    this.#end = end;
  }

  /** Resolves once it answers. */
  static async start(config: object): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-prometheus-'));
    const file = join(folder, 'prometheus.yaml');
    writeFileSync(file, stringify(config));
    const origin = `http://127.0.0.1:${await freePort()}`;
    const child = spawn(
      PROMETHEUS!,
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${new URL(origin).host}`,
        '--enable-feature=exemplar-storage',
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    const ended = once(child, 'exit');
    const end = async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      await until('Prometheus is ready', 30_000, async () => {
        if (child.exitCode !== null) throw new Error(`Prometheus ended: ${log}`);
        const answer = await fetch(`${origin}/-/ready`).catch(() => null);
        return answer?.ok === true;
      });
    } catch (error) {
      await end();
      throw error;
    }
    return new Prometheus(origin, end);
  }

  stop(): Promise<void> {
    return this.#end();
  }

  /** Throws with what Prometheus says is wrong. */
  async ask<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(
      `${this.#origin}/api/v1/${path}?${new URLSearchParams(query).toString()}`,
    );
    const { status, data, error } = (await answer.json()) as Answer<T>;
    if (status !== 'success') throw new Error(`${query.query ?? path}: ${error}`);
    return data;
  }

  /** Every second from then until now. */
  async range(expr: string, sinceMs: number): Promise<readonly Series[]> {
    const { result } = await this.ask<{ readonly result: readonly Series[] }>('query_range', {
      query: expr,
      start: String(sinceMs / 1000),
      end: String(Date.now() / 1000),
      step: '1',
    });
    return result;
  }

  /** The newest value; null: there is none. */
  async now(expr: string): Promise<number | null> {
    const { result } = await this.ask<{
      readonly result: readonly { readonly value: readonly [number, string] }[];
    }>('query', { query: expr });
    return result[0] === undefined ? null : Number(result[0].value[1]);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
