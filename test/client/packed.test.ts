// The client as others get it: packed, installed somewhere else, and run by another process.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { DESK, LATE, openBrowser, see, seen, whyNoBrowser } from '../browser/chromium.ts';
import { servePages } from '../browser/page-server.ts';
import { OperatedRing } from '../live/operated-ring.ts';
import { ended } from '../live/ended.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-packed-'));
const SLOW_MS = 120_000;

const USE = `
import { connect, RingkeeperError } from 'ringkeeper/client';
const ring = connect(process.argv[2]);
await ring.ready();
await ring.put('greeting', 'hello');
await ring.update('list', (values) => [...values.flatMap((value) => value.json()), 1]);
const batch = await ring.batch([{ op: 'get', key: 'greeting' }]);
const keys = [];
for await (const { key } of ring.keys()) keys.push(key);
const refused = await ring.create('greeting', '').catch((error) => error);
console.log(JSON.stringify({
  node: process.version,
  text: (await ring.get('greeting')).text(),
  batch: batch[0].found.text(),
  keys: keys.sort(),
  members: ring.ring.members.length,
  refused: [refused instanceof RingkeeperError, refused.code],
}));
`;

/** What a page does with the client; its answer is what the test looks at. */
const PAGE = `<!doctype html><title>client</title><link rel="icon" href="data:,">
<script type="importmap">
{ "imports": { "ringkeeper/client": "/files/node_modules/ringkeeper/client/client.js" } }
</script>
<script type="module">
import { connect, RingkeeperError } from 'ringkeeper/client';
window.late = 0;
window.use = async (options) => {
  const onAttempt = ({ status }) => (window.late += status === 503 || status === 504 ? 1 : 0);
  const ring = connect({ ...options, onAttempt });
  await ring.ready();
  const put = await ring.put('page/a', 'hello');
  const absent = await ring.get('page/none');
  await ring.put('page/a', 'hello again', { context: put.context });
  await Promise.all([1, 2, 3].map((n) =>
    ring.update('page/list', (values) => [...values.flatMap((value) => value.json()), n])));
  const refused = await ring.create('page/a', '').catch((error) => error);
  const batch = await ring.batch([
    { op: 'put', key: 'page/b', value: new Uint8Array([0, 255]) },
    { op: 'get', key: 'page/a' },
    { op: 'delete', key: 'page/none' },
  ]);
  const keys = [];
  for await (const { key } of ring.keys({ prefix: 'page/' })) keys.push(key);
  const found = await ring.get('page/a');
  await ring.delete('page/a', { context: found.context });
  const given = new AbortController();
  given.abort(new Error('the caller gave up'));
  const aborted = await ring.get('page/b', { signal: given.signal }).catch((error) => error.message);
  const facts = {
    text: found.text(),
    etag: found.etag !== '' && found.etag !== put.etag,
    absent,
    list: (await ring.get('page/list')).json().sort(),
    refused: [refused instanceof RingkeeperError, refused.code, refused.requestId !== ''],
    batch: batch.map(({ kind, found }) => [kind, found?.text() ?? null]),
    bytes: [...(await ring.get('page/b')).bytes],
    keys: keys.sort(),
    deleted: await ring.get('page/a'),
    members: ring.ring.members.length,
    aborted,
  };
  ring.close();
  return facts;
};
window.tryIt = (url) =>
  connect({ url, timeoutMs: 2000 }).put('page/stranger', 'x').then(() => 'written', (error) => error.code);
window.isLoaded = true;
</script>`;

const MISUSE = `
import { connect } from 'ringkeeper/client';
import type { Found } from 'ringkeeper/client';
const found: Found | null = await connect('http://localhost:8080').get('a', { r: 1 });
const wrong: number = found!.text();
console.log(wrong);
`;

/** Every Node at hand: the project's own, and the system's where it is another one. */
const nodes = ['node', process.execPath].filter((path, i, all) => all.indexOf(path) === i);

beforeAll(() => {
  const env = { ...process.env, NODE_OPTIONS: '' };
  execFileSync('npm', ['run', '--silent', 'pack:client'], { env });
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  const tarball = join(process.cwd(), 'dist', 'ringkeeper-0.1.0.tgz');
  const flags = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  execFileSync('npm', ['install', ...flags, tarball], { cwd: folder, env });
  writeFileSync(join(folder, 'use.mjs'), USE);
  writeFileSync(join(folder, 'misuse.ts'), MISUSE);
}, SLOW_MS);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the packed client', () => {
  test('has the version of the project, no dependency, and nothing of Node in it', () => {
    const own = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const installed = join(folder, 'node_modules', 'ringkeeper');
    const packed = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as object;
    expect(packed).toMatchObject({ name: 'ringkeeper', version: own.version });
    expect(packed).not.toHaveProperty('dependencies');
    expect(existsSync(join(installed, 'node'))).toBe(false);
    const foreign = readdirSync(installed, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .filter((file) =>
        /from '[^.]|\brequire\(|\bprocess\.|\bBuffer\b/.test(
          readFileSync(join(installed, file), 'utf8'),
        ),
      );
    expect(foreign).toEqual([]);
  });

  test.each(nodes)(
    'works in a process of its own under %s',
    async (node) => {
      const ring = await OperatedRing.start({ replicas: 3, replicationFactor: 3 });
      try {
        const url = `http://localhost:${ring.proxyPort}`;
        const { code, out, err } = await ended(
          spawn(node, ['use.mjs', url], {
            cwd: folder,
            env: { ...process.env, NODE_OPTIONS: '' },
          }),
        );
        expect({ code, err }).toEqual({ code: 0, err: '' });
        expect(JSON.parse(out)).toMatchObject({
          text: 'hello',
          batch: 'hello',
          keys: ['greeting', 'list'],
          members: 3,
          refused: [true, 'ALREADY_EXISTS'],
        });
      } finally {
        await ring.destroy();
      }
    },
    SLOW_MS,
  );

  (whyNoBrowser === null ? test : test.skip)(
    seen('works in a page of an allowed origin, and in no other page'),
    async () => {
      const server = await servePages(folder, { '/': PAGE });
      const [allowed, stranger] = ['localhost', '127.0.0.1'].map(
        (at) => `http://${at}:${server.port}`,
      );
      const ring = await OperatedRing.start({
        replicas: 3,
        replicationFactor: 3,
        corsOrigins: [allowed!],
      });
      let browser: Browser | null = null;
      try {
        browser = await openBrowser();
        const url = `http://localhost:${ring.proxyPort}`;
        const { page, complaints } = await see(browser, allowed!, DESK);
        await page.waitForFunction('window.isLoaded');
        for (const options of [{ url }, { url, direct: true }]) {
          const facts = await page.evaluate(`use(${JSON.stringify(options)})`);
          expect(facts).toEqual({
            text: 'hello again',
            etag: true,
            absent: null,
            list: 'direct' in options ? [1, 1, 2, 2, 3, 3] : [1, 2, 3],
            refused: [true, 'ALREADY_EXISTS', true],
            batch: [
              ['written', null],
              ['found', 'hello again'],
              ['written', null],
            ],
            bytes: [0, 255],
            keys: ['page/a', 'page/b', 'page/list'],
            deleted: null,
            members: 3,
            aborted: 'the caller gave up',
          });
        }
        // What a browser says of any answer of 400 and above: no value, it exists, it changed meanwhile.
        const answers = /^Failed to load resource: .* status of (404|409|412)/;
        // And of what the client tried once more by itself, as often as it did.
        const late = await page.evaluate<number>('window.late');
        expect(complaints.filter((complaint) => !answers.test(complaint))).toEqual(
          Array.from({ length: late }, () => expect.stringMatching(LATE)),
        );
        const other = await see(browser, stranger!, DESK);
        await other.page.waitForFunction('window.isLoaded');
        expect(await other.page.evaluate(`tryIt('${url}')`)).toBe('NO_ANSWER');
        expect((await fetch(`${url}/v1/kv/page%2Fstranger`)).status).toBe(404);
      } finally {
        server.close();
        // Both, whichever fails: Jest would wait for what is left.
        await Promise.all([ring.destroy(), browser?.close()]);
      }
    },
    SLOW_MS,
  );

  test('has types that a stranger’s compiler understands', () => {
    let said = '';
    try {
      execFileSync(
        process.execPath,
        [
          join(process.cwd(), 'node_modules/.bin/tsc'),
          ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'],
          ...['--lib', 'es2023,dom', '--types', '', 'misuse.ts'],
        ],
        { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
      );
    } catch (error) {
      said = (error as { stdout: string }).stdout;
    }
    expect(said.trim().split('\n')).toEqual([
      expect.stringContaining("error TS2322: Type 'string' is not assignable to type 'number'"),
    ]);
  });
});
