import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Ports } from '../../node/running-node.ts';

interface Launched {
  readonly child: ChildProcess;
  readonly folder: string;
  /** All that it has printed. */
  readonly output: () => string;
  /** Resolves once this text was printed. */
  readonly printed: (text: string) => Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

const ANY = '127.0.0.1:0';

/** Runs the test against a node process of its own, and ends that in any case. */
async function withProcess(
  args: readonly string[],
  test: (launched: Launched) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'node-'));
  writeFileSync(join(folder, 'secret'), 'a secret of sixteen and more');
  const flags = [
    '--id',
    'dev-0',
    '--data',
    join(folder, 'data'),
    '--cluster-secret-file',
    join(folder, 'secret'),
    '--admin-token-file',
    join(folder, 'secret'),
    '--client',
    ANY,
    '--admin',
    ANY,
    '--peer',
    ANY,
    ...args,
  ];
  const child = spawn(process.execPath, ['node/main.ts', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const seen = (data: Buffer): void => {
    output += data.toString();
    child.emit('output');
  };
  child.stdout.on('data', seen);
  child.stderr.on('data', seen);
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  try {
    await test({
      child,
      folder,
      ended,
      output: () => output,
      async printed(text) {
        while (!output.includes(text)) {
          if (child.exitCode !== null) throw new Error(`it ended: ${output}`);
          await Promise.race([once(child, 'output'), ended]);
        }
      },
    });
  } finally {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  }
}

describe('the process', () => {
  test('says where it listens, and stops in order with exit code 0', async () => {
    await withProcess([], async ({ child, folder, ended, printed, output }) => {
      await printed('"event":"ready"');
      const portsFile = join(folder, 'data', 'ports.json');
      const ports = JSON.parse(readFileSync(portsFile, 'utf8')) as Ports;
      expect(ports).toMatchObject({
        pid: child.pid,
        id: 'dev-0',
        advertise: `127.0.0.1:${ports.peer.port}`,
      });
      expect((await fetch(`http://127.0.0.1:${ports.admin.port}/healthz`)).status).toBe(200);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(existsSync(portsFile)).toBe(false);
      expect(output()).toContain('"msg":"stopped"');
    });
  });

  test('keeps its incarnation over a restart of the same folder', async () => {
    await withProcess([], async ({ child, folder, printed, ended }) => {
      const incarnationNow = (): string =>
        (JSON.parse(readFileSync(join(folder, 'data', 'ports.json'), 'utf8')) as Ports).incarnation;
      await printed('"event":"ready"');
      const before = incarnationNow();
      child.kill('SIGTERM');
      await ended;
      await withProcess(['--data', join(folder, 'data')], async (second) => {
        await second.printed('"event":"ready"');
        expect(incarnationNow()).toBe(before);
      });
    });
  });

  test('a wrong setting ends it with exit code 2 and a word on each', async () => {
    await withProcess(
      ['--client', 'nowhere', '--durability', 'maybe'],
      async ({ ended, output }) => {
        expect(await ended).toBe(2);
        expect(output()).toContain('--client (RINGKEEPER_CLIENT)');
        expect(output()).toContain('--durability (RINGKEEPER_DURABILITY)');
      },
    );
  });

  test('a taken port ends it with exit code 4', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    await withProcess(['--client', `127.0.0.1:${port}`], async ({ ended, output }) => {
      expect(await ended).toBe(4);
      expect(output()).toContain('EADDRINUSE');
    });
    holder.close();
  });

  test('a folder that another node holds ends it with exit code 3', async () => {
    await withProcess([], async ({ folder, printed }) => {
      await printed('"event":"ready"');
      await withProcess(['--data', join(folder, 'data')], async ({ ended, output }) => {
        expect(await ended).toBe(3);
        expect(output()).toContain('STORE_LOCKED');
      });
    });
  });
});
