import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkUpdate, parseCluster, type DhtCluster } from '../../../core/api/cluster.ts';
import { SPEC } from '../../../core/api/cluster-spec.ts';
import { STATUS } from '../../../core/api/cluster-status.ts';
import { problemText, type Schema } from '../../../core/api/schema.ts';
import { fc } from '../../properties.ts';
import { deepFreeze } from '../version/history.ts';
import { HEADS, SAMPLES } from './manifests.ts';
import { manifestOf } from './sample.ts';

const problemsOf = (value: unknown): string[] => {
  const parsed = parseCluster(deepFreeze(value));
  return 'problems' in parsed ? parsed.problems.map(problemText) : [];
};
const clusterOf = (spec: unknown): DhtCluster => {
  const head = {
    apiVersion: 'dht.ringkeeper.dev/v1alpha1',
    kind: 'DhtCluster',
    metadata: { name: 'dev' },
  };
  const parsed = parseCluster(deepFreeze({ ...head, spec }));
  if ('problems' in parsed) throw new Error(parsed.problems.map(problemText).join('\n'));
  return parsed.cluster;
};

describe('a manifest', () => {
  test.each([...SAMPLES, ...HEADS])('$title', (sample) => {
    expect(problemsOf(parse(manifestOf(sample)))).toEqual(sample.problems);
  });

  test.each(['dev', 'ephemeral-cache', 'kubernetes'])('examples/%s.yaml is good', (name) => {
    const text = readFileSync(new URL(`../../../examples/${name}.yaml`, import.meta.url), 'utf8');
    expect(problemsOf(parse(text))).toEqual([]);
  });

  test.each([
    ['dev', /^ {2}decommission: /m],
    ['kubernetes', /^ {2}hibernate: /m],
  ])('examples/%s.yaml is good with every commented line taken in', (name, last) => {
    const text = readFileSync(new URL(`../../../examples/${name}.yaml`, import.meta.url), 'utf8');
    const spec = text
      .slice(text.indexOf('spec:'))
      .replace(/^((?: {2})+)# (?=( {2})*[a-zA-Z]+: ?)/gm, '$1');
    expect(spec).toMatch(last);
    expect(problemsOf(parse(text.slice(0, text.indexOf('spec:')) + spec))).toEqual([]);
  });

  test('of any shape is answered, never thrown over', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(Array.isArray(problemsOf({ apiVersion: 'x', metadata: value, spec: value }))).toBe(
          true,
        );
        expect(problemsOf(value).length).toBeGreaterThan(0);
      }),
    );
  });

  test('with endless mistakes names the first fifty', () => {
    const spec = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`field-number-${String(i)}`, 1]),
    );
    expect(problemsOf({ ...clusterOf({}), spec })).toHaveLength(50);
  });

  test('gets the defaults that the documentation names', () => {
    expect(clusterOf(undefined).spec).toEqual({
      replicas: 3,
      replicationFactor: 3,
      slotBits: 12,
      consistency: { read: 2, write: 2, mode: 'strict', conflicts: 'siblings' },
      storage: {
        ephemeral: false,
        durability: 'sync',
        cacheBytes: 67_108_864,
        size: '10Gi',
        retention: { whenScaled: 'Delete', whenDeleted: 'Retain' },
      },
      resources: {
        requests: { cpu: '100m', memory: '320Mi' },
        limits: { memory: '1152Mi' },
      },
      podTemplate: {
        labels: {},
        annotations: {},
        nodeSelector: {},
        tolerations: [],
        imagePullSecrets: [],
      },
      limits: {
        valueBytesMax: 1_048_576,
        hintAgeSeconds: 10_800,
        tombstoneGraceSeconds: 86_400,
        operationTimeoutSeconds: 5,
      },
      handoff: { maxBytesPerSecond: 0 },
      decommission: [],
      paused: false,
      hibernate: false,
      abortAfterSeconds: 60,
      topology: { zones: [], zoneKey: 'topology.kubernetes.io/zone', spread: 'preferred' },
      http: { corsOrigins: [] },
      local: { clientPort: 8080 },
    });
  });

  test.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [6, 4],
    [7, 4],
  ])(
    'with %i copies asks a majority of %i where no quorum is named',
    (replicationFactor, quorum) => {
      const { consistency } = clusterOf({ replicas: 7, replicationFactor }).spec;
      expect([consistency.read, consistency.write]).toEqual([quorum, quorum]);
    },
  );

  test.each([
    ['nothing', {}, '320Mi', '1152Mi'],
    ['a large cache', { cache: 2 ** 32 }, '4352Mi', '9216Mi'],
    ['the smallest limit', { limit: '336M' }, '320Mi', '336M'],
    ['a limit below the ample one', { limit: '512Mi' }, '320Mi', '512Mi'],
    ['a large request', { request: '2Gi' }, '2Gi', '2048Mi'],
    ['both', { request: '1Gi', limit: '2Gi' }, '1Gi', '2Gi'],
    ['the largest request', { request: '999999Ti' }, '999999Ti', '999999Ti'],
  ])('with %s given asks for memory that fits', (_, given, request, limit) => {
    const { cache, ...memory } = given as { cache?: number; request?: string; limit?: string };
    const of = (text: string | undefined) => (text === undefined ? {} : { memory: text });
    const { resources } = clusterOf({
      storage: cache === undefined ? {} : { cacheBytes: cache },
      resources: { requests: of(memory.request), limits: of(memory.limit) },
    }).spec;
    expect([resources.requests.memory, resources.limits.memory]).toEqual([request, limit]);
  });

  test('read again gives itself', () => {
    for (const sample of SAMPLES.filter(({ problems }) => problems.length === 0)) {
      const parsed = parseCluster(parse(manifestOf(sample)));
      if ('problems' in parsed) throw new Error(sample.title);
      expect(parseCluster(parsed.cluster)).toEqual(parsed);
    }
  });

  test('keeps what Kubernetes wrote into its metadata', () => {
    const metadata = { name: 'dev', uid: '0a', finalizers: ['x'] };
    const parsed = parseCluster({ ...clusterOf({}), metadata });
    expect('cluster' in parsed && parsed.cluster.metadata).toEqual(metadata);
  });
});

describe('a changed manifest', () => {
  const before = clusterOf({ topology: { zones: ['a', 'b'] } });
  const after = (spec: object): readonly string[] =>
    checkUpdate(before, clusterOf({ topology: { zones: ['a', 'b'] }, ...spec })).map(problemText);
  const help = 'put it back, or make a new ring and copy the keys';

  test('may change what a running ring can follow', () => {
    expect(after({})).toEqual([]);
    expect(
      after({
        replicas: 9,
        replicationFactor: 5,
        consistency: { conflicts: 'lastWriterWins' },
        storage: { durability: 'relaxed', size: '11Gi', retention: { whenDeleted: 'Delete' } },
        resources: { requests: { cpu: 2 } },
        image: 'registry.example.com/ringkeeper:2',
        paused: true,
        restartedAt: 'now',
      }),
    ).toEqual([]);
  });

  test.each([
    [{ slotBits: 8 }, `spec.slotBits: cannot be changed: it is 12, not 8; ${help}`],
    [
      { storage: { ephemeral: true } },
      `spec.storage.ephemeral: cannot be changed: it is false, not true; ${help}`,
    ],
    [
      { topology: { zones: ['b', 'a'] } },
      `spec.topology.zones: cannot be changed: it is ["a","b"], not ["b","a"]; ${help}`,
    ],
    [
      { storage: { storageClassName: 'fast' } },
      `spec.storage.storageClassName: cannot be changed: it is left out, not "fast"; ${help}`,
    ],
    [
      { storage: { size: '9Gi' } },
      `spec.storage.size: can only grow: it is "10Gi", not "9Gi"; ${help}`,
    ],
    [
      { topology: { zones: ['a', 'b'], zoneKey: 'rack' } },
      `spec.topology.zoneKey: cannot be changed: it is "topology.kubernetes.io/zone", not "rack"; ${help}`,
    ],
  ])('may not change %j', (spec, problem) => {
    expect(after(spec)).toEqual([problem]);
  });

  test('may not change a limit that data depends on', () => {
    expect(after({ limits: { valueBytesMax: 5 } })[0]).toMatch(
      /^spec.limits: cannot be changed: it is .*/,
    );
  });
});

describe('the declaration', () => {
  const fields = (schema: Schema, path: string): [string, Schema][] => [
    [path, schema],
    ...(schema.type === 'array' ? fields(schema.items, `${path}[]`) : []),
    ...(schema.type === 'map' ? fields(schema.values, `${path}{}`) : []),
    ...(schema.type === 'object'
      ? Object.entries(schema.properties).flatMap(([name, field]) =>
          fields(field, `${path}.${name}`),
        )
      : []),
  ];
  const all = [...fields(SPEC, 'spec'), ...fields(STATUS, 'status')];

  test('describes every field in a sentence or two', () => {
    const poor = all.filter(([, { description }]) => !/^[A-Za-z0-9].*[.]$/.test(description));
    expect(poor.map(([path]) => path)).toEqual([]);
  });

  test('has a default inside its own bounds wherever it has one', () => {
    for (const [path, schema] of all) {
      if (schema.type !== 'integer' || schema.default === undefined) continue;
      expect([path, schema.default >= schema.minimum && schema.default <= schema.maximum]).toEqual([
        path,
        true,
      ]);
    }
  });

  test('says in words what every pattern wants', () => {
    const silent = all.filter(
      ([, schema]) => 'pattern' in schema && schema.pattern && !schema.expects,
    );
    expect(silent.map(([path]) => path)).toEqual([]);
  });
});
