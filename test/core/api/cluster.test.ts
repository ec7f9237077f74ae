import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { checkUpdate, parseCluster, type DhtCluster } from '../../../core/api/cluster.ts';
import { SPEC } from '../../../core/api/cluster-spec.ts';
import { STATUS } from '../../../core/api/cluster-status.ts';
import { problemText, type Schema } from '../../../core/api/schema.ts';
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

  test.each(['dev', 'ephemeral-cache'])('examples/%s.yaml is good', (name) => {
    const text = readFileSync(new URL(`../../../examples/${name}.yaml`, import.meta.url), 'utf8');
    expect(problemsOf(parse(text))).toEqual([]);
  });

  test('examples/dev.yaml is good with every commented line taken in', () => {
    const text = readFileSync(new URL('../../../examples/dev.yaml', import.meta.url), 'utf8');
    const spec = text
      .slice(text.indexOf('spec:'))
      .replace(/^ {2}# (?=( {2})*[a-zA-Z]+: ?)/gm, '  ');
    expect(spec).toMatch(/^ {2}decommission: /m);
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
      storage: { ephemeral: false, durability: 'sync', cacheBytes: 67_108_864 },
      limits: {
        valueBytesMax: 1_048_576,
        hintAgeSeconds: 10_800,
        tombstoneGraceSeconds: 86_400,
        operationTimeoutSeconds: 5,
      },
      handoff: { maxBytesPerSecond: 0 },
      decommission: [],
      paused: false,
      abortAfterSeconds: 60,
      topology: { zones: [] },
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
        storage: { durability: 'relaxed' },
        paused: true,
        restartedAt: 'now',
      }),
    ).toEqual([]);
  });

  test.each([
    [{ slotBits: 8 }, `spec.slotBits: cannot be changed from 12 to 8; ${help}`],
    [
      { storage: { ephemeral: true } },
      `spec.storage.ephemeral: cannot be changed from false to true; ${help}`,
    ],
    [
      { topology: { zones: ['b', 'a'] } },
      `spec.topology.zones: cannot be changed from ["a","b"] to ["b","a"]; ${help}`,
    ],
  ])('may not change %j', (spec, problem) => {
    expect(after(spec)).toEqual([problem]);
  });

  test('may not change a limit that data depends on', () => {
    expect(after({ limits: { valueBytesMax: 5 } })[0]).toMatch(
      /^spec.limits: cannot be changed from .*/,
    );
  });
});

describe('the declaration', () => {
  const fields = (schema: Schema, path: string): [string, Schema][] => [
    [path, schema],
    ...(schema.type === 'array' ? fields(schema.items, `${path}[]`) : []),
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
