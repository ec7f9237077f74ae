// Three containers of the image form a ring; it outlives a cut between two of them, and a member that is
// asked to stop loses nothing.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joined } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StartedTestContainer } from 'testcontainers';
import type { NodeReport } from '../../core/api/admin.ts';
import { clusterId, epoch, zone } from '../../core/api/ids.ts';
import { DATA_LIMITS, SLOT_BITS } from '../../core/limits.ts';
import { bootstrap } from '../../core/membership/change.ts';
import { encodeDocument } from '../../core/membership/document.ts';
import { until } from '../live/until.ts';
import {
  BUILD_MS,
  buildImage,
  closeMesh,
  cut,
  describeInContainers,
  engine,
  join,
  openMesh,
  startMember,
} from './containers.ts';
import type { Mesh } from './containers.ts';

const SECRET = 'secret-of-this-test';
const SETTLE_MS = 30_000;
const TEST_MS = 120_000;

describeInContainers('a ring of three containers', () => {
  let folder: string;
  let mesh: Mesh;
  let members: StartedTestContainer[] = [];

  const origin = (number: number, port: 8080 | 8081): string => {
    const member = members[number]!;
    return `http://${member.getHost()}:${member.getMappedPort(port)}`;
  };
  const admin = (number: number, path: string, body?: string): Promise<Response> =>
    fetch(`${origin(number, 8081)}${path}`, {
      headers: { authorization: `Bearer ${SECRET}` },
      ...(body === undefined ? {} : { method: 'PUT', body }),
    });
  const put = (number: number, key: string, value: string): Promise<Response> =>
    fetch(`${origin(number, 8080)}/v1/kv/${key}`, { method: 'PUT', body: value });
  const get = async (number: number, key: string, query = ''): Promise<string> =>
    (await fetch(`${origin(number, 8080)}/v1/kv/${key}${query}`)).text();

  /** What the operator does: asks everybody who they are, and gives all of them one document. */
  async function found(): Promise<void> {
    const reports = await Promise.all(
      members.map(async (_, number) => (await admin(number, '/admin/report')).json()),
    );
    const outcome = bootstrap(
      {
        clusterId: clusterId('containers'),
        members: (reports as readonly NodeReport[]).map(({ id, incarnation }) => ({
          id,
          incarnation,
          address: `${id}:8082`,
          zone: zone('local'),
        })),
        slotBits: SLOT_BITS,
        mode: 'strict',
        conflicts: 'siblings',
        limits: DATA_LIMITS,
        replicationFactor: 3,
        readQuorum: 2,
        writeQuorum: 2,
      },
      { nowMs: Date.now(), epoch: epoch(1) },
    );
    if (outcome.kind === 'refused') throw new Error(outcome.why);
    const document = encodeDocument(outcome.document);
    for (const number of [0, 1, 2]) {
      expect((await admin(number, '/admin/document', document)).status).toBe(204);
    }
  }

  beforeAll(async () => {
    await buildImage();
    folder = await mkdtemp(joined(tmpdir(), 'ringkeeper-image-'));
    // The node runs as another user than this test.
    await chmod(folder, 0o755);
    await writeFile(joined(folder, 'secret'), SECRET, { mode: 0o644 });
    mesh = await openMesh();
    for (const number of [0, 1, 2]) members.push(await startMember(mesh, number, folder));
    await found();
  }, BUILD_MS);

  afterAll(async () => {
    for (const member of members) {
      await engine!.container.getById(member.getId()).remove({ force: true, v: true });
    }
    members = [];
    await closeMesh(mesh);
    await rm(folder, { recursive: true });
  }, TEST_MS);

  test(
    'takes a write at one and gives it back at every other',
    async () => {
      expect((await put(0, 'greeting', 'hello')).status).toBe(204);
      for (const number of [0, 1, 2]) expect(await get(number, 'greeting')).toBe('hello');
    },
    TEST_MS,
  );

  test(
    'goes on at both ends of a cut, and both know everything once it is healed',
    async () => {
      await cut(mesh, members[0]!, 0, 1);
      for (const number of [0, 1, 2]) {
        expect((await put(number, `cut-${number}`, `by ${number}`)).status).toBe(204);
      }
      for (const number of [0, 1, 2]) expect(await get(number, 'cut-0')).toBe('by 0');
      // All three are out of reach at either end, and only there.
      expect((await put(0, 'all?w=3', 'no')).status).toBe(503);
      expect((await put(2, 'all?w=3', 'yes')).status).toBe(204);
      await join(mesh, members[0]!, 0, 1);
      await until('all three copies are there and equal', SETTLE_MS, async () => {
        const all = [0, 1, 2].flatMap((at) => [0, 1, 2].map((key) => [at, key] as const));
        const values = await Promise.all(all.map(([at, key]) => get(at, `cut-${key}`, '?r=3')));
        return values.every((value, index) => value === `by ${all[index]![1]}`);
      });
    },
    TEST_MS,
  );

  test(
    'loses nothing that a member acknowledged which is asked to stop, and that ends in order',
    async () => {
      const stopped = engine!.container.getById(members[2]!.getId());
      const acknowledged: number[] = [];
      let asked: Promise<unknown> | null = null;
      for (let index = 0; ; index++) {
        const status = await put(2, `last-${index}`, `word ${index}`).then(
          (response) => response.status,
          () => null,
        );
        if (status === 204) acknowledged.push(index);
        if (status === null) break;
        if (index === 20) asked = stopped.kill({ signal: 'SIGTERM' });
      }
      await asked;
      const { StatusCode } = (await stopped.wait()) as { StatusCode: number };
      expect(StatusCode).toBe(0);
      expect(acknowledged.length).toBeGreaterThan(20);
      for (const index of acknowledged) expect(await get(0, `last-${index}`)).toBe(`word ${index}`);
    },
    TEST_MS,
  );
});
