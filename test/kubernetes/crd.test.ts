// The CRD on a real API server: its verdicts are the parser's, its words are readable, its defaults are
// ours, and /scale, /status, columns and explanations work.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkUpdate, parseCluster, type DhtCluster } from '../../core/api/cluster.ts';
import { HEADS, SAMPLES } from '../core/api/manifests.ts';
import { manifestWith, near } from '../core/api/near-specs.ts';
import { manifestOf, type Sample } from '../core/api/sample.ts';
import { fc } from '../properties.ts';
import { describeOnApiServer, startApiServer, type ApiServer } from './api-server.ts';
import { rawDoor, type Verdict } from './raw-door.ts';

/** No JSON says these, so no client can send them. */
const NOT_IN_JSON = ['infinitely many members'];
/** An object as it is read back, which nobody may create. */
const READ_BACK = ['all that Kubernetes adds'];
const SENT = SAMPLES.filter(({ title }) => ![...NOT_IN_JSON, ...READ_BACK].includes(title));

const parsed = (value: unknown): DhtCluster => {
  const result = parseCluster(value);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.cluster;
};
const isGood = (value: unknown): boolean => 'cluster' in parseCluster(value);

describeOnApiServer('the custom resource definition on a real API server', () => {
  let server: ApiServer;
  let door: ReturnType<typeof rawDoor>;
  /** Whether it could be created, without creating it. */
  let judge: (value: unknown) => Promise<Verdict>;
  beforeAll(async () => {
    server = await startApiServer(['crds/dhtcluster.yaml']);
    door = rawDoor(server);
    judge = (value) => door.send('POST', '', value, { dryRun: 'All' });
  }, 120_000);
  afterAll(() => door.close());
  afterAll(() => server.stop());

  test('there are manifests enough', () => {
    const bad = SENT.filter(({ problems }) => problems.length > 0);
    expect([bad.length, SENT.length - bad.length].every((count) => count >= 30)).toBe(true);
  });

  test.each(SENT)('$title', async (sample: Sample) => {
    const { status, message } = await judge(parse(manifestOf(sample)));
    expect([status < 300, message]).toEqual([
      sample.problems.length === 0,
      sample.problems.length === 0 ? '' : expect.stringMatching(naming(sample)),
    ]);
  });

  test.each(HEADS)('$title is refused, in words that are not ours', async (sample: Sample) => {
    expect((await judge(parse(manifestOf(sample)))).status).toBeGreaterThanOrEqual(400);
  });

  test('accepts of random specs near the borders what the parser accepts', async () => {
    let good = 0;
    for (const spec of fc.sample(near, 400)) {
      const accepted = isGood(manifestWith(spec));
      const { status, message } = await judge(manifestWith(spec));
      expect({ spec, accepted: status < 300, message }).toMatchObject({ accepted });
      if (accepted) good++;
    }
    expect(good).toBeGreaterThan(5);
  });

  test('fills in the defaults that the parser fills in', async () => {
    for (const sample of SENT.filter(({ problems }) => problems.length === 0)) {
      const given: unknown = parse(manifestOf(sample));
      const { object } = await judge(given);
      expect([sample.title, parsed(object).spec]).toEqual([sample.title, parsed(given).spec]);
    }
    const { object } = await judge(manifestWith({}));
    const { consistency, resources, ...rest } = parsed(manifestWith({})).spec;
    const { read, write, ...chosen } = consistency;
    expect([read, write]).toEqual([2, 2]);
    // What is worked out from other fields is not stored: it follows them.
    expect((object as DhtCluster).spec).toEqual({
      ...rest,
      consistency: chosen,
      resources: { requests: { cpu: resources.requests.cpu }, limits: {} },
    });
  });

  describe('of a ring that exists', () => {
    const CHANGES: readonly (readonly [string, object, object])[] = [
      ['nothing', {}, {}],
      ['more members', {}, { replicas: 9 }],
      ['more copies', { replicas: 5 }, { replicas: 5, replicationFactor: 5 }],
      ['one member that grows up', { replicas: 1, replicationFactor: 1 }, {}],
      ['another image', { image: 'a:1' }, { image: 'a:2' }],
      ['no image any more', { image: 'a:1' }, {}],
      ['a larger volume', {}, { storage: { size: '11Gi' } }],
      ['the same volume in other words', {}, { storage: { size: '10240Mi' } }],
      ['a smaller volume', {}, { storage: { size: '9Gi' } }],
      ['a slightly smaller volume', {}, { storage: { size: '10239Mi' } }],
      ['a storage class', {}, { storage: { storageClassName: 'fast' } }],
      ['no storage class', { storage: { storageClassName: 'fast' } }, {}],
      [
        'another storage class',
        { storage: { storageClassName: 'fast' } },
        { storage: { storageClassName: 'slow' } },
      ],
      [
        'the same storage class, a larger volume',
        { storage: { storageClassName: 'fast' } },
        { storage: { storageClassName: 'fast', size: '20Gi' } },
      ],
      ['another retention', {}, { storage: { retention: { whenDeleted: 'Delete' } } }],
      ['memory only', {}, { storage: { ephemeral: true } }],
      ['relaxed durability', {}, { storage: { durability: 'relaxed' } }],
      ['other slots', {}, { slotBits: 8 }],
      ['a limit that data depends on', {}, { limits: { valueBytesMax: 5 } }],
      ['another label for zones', {}, { topology: { zoneKey: 'rack' } }],
      ['a strict spread', {}, { topology: { spread: 'required' } }],
      ['other zones', { topology: { zones: ['a', 'b'] } }, { topology: { zones: ['b', 'a'] } }],
      ['more memory', {}, { resources: { limits: { memory: '4Gi' } } }],
      ['sleep', {}, { hibernate: true }],
      ['a member to take out', {}, { decommission: ['dev-1'] }],
    ];

    test.each(CHANGES)('%s', async (title, before, after) => {
      const name = title.replace(/[^a-z]+/g, '-').slice(0, 40);
      const made = await door.send('POST', '', manifestWith(before, name));
      expect(made.message).toBe('');
      const { metadata } = made.object as { metadata: object };
      const problems = checkUpdate(parsed(manifestWith(before)), parsed(manifestWith(after)));
      const { status, message } = await door.send('PUT', `/${name}`, {
        ...manifestWith(after),
        metadata,
      });
      expect([status < 300, message]).toEqual([
        problems.length === 0,
        problems.length === 0
          ? ''
          : expect.stringContaining(problems[0]!.path.replace('spec.', '')),
      ]);
    });
  });

  describe('to kubectl', () => {
    const dht = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await server.kubectl([...args]);
      return code === 0 ? stdout : `refused: ${stderr}`;
    };
    const patchStatus = (status: object): Promise<string> =>
      dht(
        'patch',
        'dht',
        'dev',
        '--subresource=status',
        '--type=merge',
        '-p',
        JSON.stringify({ status }),
      );
    beforeAll(async () => {
      await server.kubectl(['apply', '-f', 'examples/dev.yaml']);
    });

    test('/scale changes replicas, and is refused below the replication factor with the reason', async () => {
      expect(await dht('scale', 'dht', 'dev', '--replicas=5')).toMatch(/scaled/);
      expect(await dht('get', 'dht', 'dev', '-o', 'jsonpath={.spec.replicas}')).toBe('5');
      expect(await dht('scale', 'dht', 'dev', '--replicas=2')).toMatch(
        /refused: .*replicas is below replicationFactor; raise replicas or lower replicationFactor/s,
      );
      await patchStatus({ replicas: 5, selector: 'app.kubernetes.io/instance=dev' });
      const scale = await dht(
        'get',
        '--raw',
        '/apis/dht.ringkeeper.dev/v1alpha1/namespaces/default/dhtclusters/dev/scale',
      );
      expect(JSON.parse(scale)).toMatchObject({
        spec: { replicas: 5 },
        status: { replicas: 5, selector: 'app.kubernetes.io/instance=dev' },
      });
    });

    test('/status is written apart from the spec, each without the other', async () => {
      const generation = (): Promise<string> =>
        dht('get', 'dht', 'dev', '-o', 'jsonpath={.metadata.generation} {.status.phase}');
      const before = await generation();
      await patchStatus({ phase: 'Moving', observedGeneration: 1 });
      expect(await generation()).toBe(`${before.split(' ')[0]!} Moving`);
      const both = { spec: { replicas: 6 }, status: { phase: 'Lost' } };
      await dht('patch', 'dht', 'dev', '--type=merge', '-p', JSON.stringify(both));
      expect(await generation()).toBe(`${String(Number(before.split(' ')[0]) + 1)} Moving`);
    });

    test('conditions and members are lists by key: two of a kind are refused', async () => {
      const condition = {
        type: 'Ready',
        status: 'True',
        reason: 'AllServe',
        message: '',
        lastTransitionTime: '2030-01-01T00:00:00Z',
      };
      expect(await patchStatus({ conditions: [condition, condition] })).toMatch(/Duplicate value/);
      expect(await patchStatus({ conditions: [{ ...condition, reason: 'not a word' }] })).toMatch(
        /refused: .*reason/s,
      );
      // kubectl waits only for what was said of the present spec.
      const generation = await dht('get', 'dht', 'dev', '-o', 'jsonpath={.metadata.generation}');
      const observedGeneration = Number(generation);
      expect(await patchStatus({ conditions: [condition], observedGeneration })).toMatch(/patched/);
      expect(await dht('wait', 'dht/dev', '--for=condition=Ready', '--timeout=60s')).toMatch(/met/);
    });

    test('get shows what somebody on call looks for first, and more with -o wide', async () => {
      const ring = {
        epoch: 7,
        phase: 'stable',
        underReplicatedSlots: 0,
        movingSlots: 12,
        keys: 99,
      };
      await dht('scale', 'dht', 'dev', '--replicas=3');
      await patchStatus({ readyReplicas: 3, phase: 'Stable', ring });
      const plain = await dht('get', 'dht', 'dev');
      expect(plain).toMatch(/^NAME +DESIRED +READY +RING +UNDER-REPLICATED +PHASE +AGE\n/);
      expect(plain).toMatch(/^dev +3 +3 +stable +0 +Stable +\d+s$/m);
      const wide = await dht('get', 'dht', 'dev', '-o', 'wide');
      expect(wide).toMatch(/AGE +EPOCH +KEYS +MOVING\n.* 7 +99 +12 *\n/);
    });

    test('explain reads well', async () => {
      expect(await dht('explain', 'dht.spec.replicas')).toMatch(
        /FIELD: replicas <integer>\n(.*\n)*DESCRIPTION:\n +Members of the ring\./,
      );
      expect(await dht('explain', 'dht.spec.storage.retention.whenDeleted')).toMatch(
        /ENUM:\n +Delete\n +Retain\n(.*\n)*DESCRIPTION:\n +The volumes of all members/,
      );
      expect(await dht('explain', 'dht.status.operation.waitingFor')).toMatch(/unblock/);
    });
  });
});

/** The server's words must name the field, the map that holds it, or say the rule. */
function naming({ problems }: Sample): RegExp {
  const words = problems.flatMap((problem) => {
    const [path, name] = problem.split(/: |\[/) as [string, string | undefined];
    return [path, path.split('.').at(-1)!, ...(name?.startsWith('"') ? [name.split('"')[1]!] : [])];
  });
  return new RegExp(words.map((word) => word.replace(/[[\]./]/g, '.')).join('|'));
}
