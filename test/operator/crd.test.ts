import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkUpdate, parseCluster, type DhtCluster } from '../../core/api/cluster.ts';
import { RULES } from '../../core/api/cluster-rules.ts';
import { crdOf, crdText } from '../../operator/crd.ts';
import { SAMPLES } from '../core/api/manifests.ts';
import { manifestWith, near, nearAndRight } from '../core/api/near-specs.ts';
import { manifestOf } from '../core/api/sample.ts';
import { fc } from '../properties.ts';
import { evaluate, verdict } from './crd-verdict.ts';
import type { Emitted } from './crd-verdict.ts';

interface Crd {
  metadata: { name: string };
  spec: {
    scope: string;
    names: { plural: string; shortNames: string[] };
    versions: [
      {
        subresources: { status: object; scale: Record<string, string> };
        additionalPrinterColumns: {
          name: string;
          jsonPath: string;
          type: string;
          priority?: number;
        }[];
        schema: { openAPIV3Schema: Emitted };
      },
    ];
  };
}

const crd = JSON.parse(JSON.stringify(crdOf())) as Crd;
const version = crd.spec.versions[0];
const root = version.schema.openAPIV3Schema;

const fieldsOf = (schema: Emitted, path = ''): [string, Emitted][] => [
  [path, schema],
  ...(schema.items ? fieldsOf(schema.items, `${path}[]`) : []),
  ...(schema.additionalProperties ? fieldsOf(schema.additionalProperties, `${path}{}`) : []),
  ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    fieldsOf(field, `${path}.${name}`),
  ),
];
const byPath = new Map(fieldsOf(root));

describe('the custom resource definition', () => {
  test('is what crds/dhtcluster.yaml holds; else run `node operator/crd.ts > crds/dhtcluster.yaml`', () => {
    const committed = readFileSync(new URL('../../crds/dhtcluster.yaml', import.meta.url), 'utf8');
    expect(committed).toBe(crdText());
    expect(parse(committed)).toEqual(crd);
  });

  test('is named as Kubernetes wants it, and short', () => {
    expect(crd.metadata.name).toBe('dhtclusters.dht.ringkeeper.dev');
    expect(crd.spec.names.shortNames).toEqual(['dht']);
    expect(crd.spec.scope).toBe('Namespaced');
  });

  test('shows the columns of operator.md §3, the rest only when wide', () => {
    const names = (priority: number | undefined): string[] =>
      version.additionalPrinterColumns
        .filter((column) => column.priority === priority)
        .map(({ name }) => name);
    expect(names(undefined)).toEqual([
      'Desired',
      'Ready',
      'Ring',
      'Under-replicated',
      'Phase',
      'Age',
    ]);
    expect(names(1)).toEqual(['Epoch', 'Keys', 'Moving']);
  });

  test('points columns and scale at fields that exist and have that type', () => {
    const { scale } = version.subresources;
    expect(byPath.get(scale.specReplicasPath!)?.type).toBe('integer');
    expect(byPath.get(scale.statusReplicasPath!)?.type).toBe('integer');
    expect(byPath.get(scale.labelSelectorPath!)?.type).toBe('string');
    for (const { jsonPath, type } of version.additionalPrinterColumns) {
      if (!jsonPath.startsWith('.metadata'))
        expect([jsonPath, byPath.get(jsonPath)?.type]).toEqual([jsonPath, type]);
    }
  });

  test('holds only keys that a structural schema may hold', () => {
    const allowed = new Set([
      'type',
      'description',
      'properties',
      'additionalProperties',
      'maxProperties',
      'items',
      'required',
      'default',
      'enum',
      'minimum',
      'maximum',
      'minLength',
      'maxLength',
      'maxItems',
      'pattern',
      'format',
      'anyOf',
      'x-kubernetes-int-or-string',
      'x-kubernetes-list-type',
      'x-kubernetes-list-map-keys',
      'x-kubernetes-validations',
    ]);
    const strange = fieldsOf(root).flatMap(([path, schema]) =>
      Object.keys(schema)
        .filter((key) => !allowed.has(key))
        .map((key) => `${path} ${key}`),
    );
    expect(strange).toEqual([]);
  });

  test('makes every key of a keyed list required, so that no two entries can collide unseen', () => {
    for (const [path, schema] of fieldsOf(root)) {
      const keys = schema['x-kubernetes-list-map-keys'];
      if (keys !== undefined)
        expect([path, schema.items?.required]).toEqual([path, expect.arrayContaining(keys)]);
    }
    expect(byPath.get('.status.conditions')?.['x-kubernetes-list-map-keys']).toEqual(['type']);
    expect(byPath.get('.status.members')?.['x-kubernetes-list-map-keys']).toEqual([
      'name',
      'incarnation',
    ]);
  });

  test('bounds every number, text and list, so that the price of CEL rules stays within the budget', () => {
    const unbounded = fieldsOf(root).filter(
      ([path, schema]) =>
        path.startsWith('.spec') &&
        ((schema.type === 'integer' &&
          (schema.maximum === undefined || schema.minimum === undefined)) ||
          (schema.type === 'string' &&
            schema.maxLength === undefined &&
            schema.enum === undefined) ||
          (schema.type === 'array' && schema.maxItems === undefined) ||
          (schema.additionalProperties !== undefined && schema.maxProperties === undefined)),
    );
    expect(unbounded.map(([path]) => path)).toEqual([]);
  });

  test('puts no text into a message that would end it early', () => {
    for (const [path, schema] of fieldsOf(root)) {
      for (const { message } of schema['x-kubernetes-validations'] ?? [])
        expect([path, message]).toEqual([path, expect.not.stringMatching(/['\\\n]/)]);
    }
  });

  test('gives an object whose rules are asked a default that the rules can read', () => {
    for (const [path, schema] of fieldsOf(root)) {
      if (schema.type !== 'object' || !schema['x-kubernetes-validations']) continue;
      for (const { rule } of schema['x-kubernetes-validations'])
        expect([path, rule, evaluate(rule, schema.default, schema.default)]).toEqual([
          path,
          rule,
          true,
        ]);
    }
  });

  test('gives numbers a format that holds their range', () => {
    for (const [path, { type, maximum, format }] of fieldsOf(root)) {
      if (type === 'integer')
        expect([path, format]).toEqual([path, maximum! < 2 ** 31 ? 'int32' : 'int64']);
    }
  });

  test('carries each rule of the declaration once, where it belongs', () => {
    for (const { cel } of RULES) {
      const wanted = RULES.filter((rule) => rule.cel === cel).map(({ at }) => `.${at}`);
      const carried = fieldsOf(root).filter(([, schema]) =>
        schema['x-kubernetes-validations']?.some(({ rule }) => rule === cel),
      );
      expect(carried.map(([path]) => path)).toEqual(wanted);
    }
  });
});

describe('the API server and our parser come to the same verdict', () => {
  test.each(SAMPLES)('$title', (sample) => {
    const refused = verdict(parse(manifestOf(sample)), root).length > 0;
    expect(refused).toBe(sample.problems.length > 0);
  });

  test('on every spec near a border of the rules', () => {
    let good = 0;
    fc.assert(
      fc.property(near, (spec) => {
        const accepted = 'cluster' in parseCluster(manifestWith(spec));
        expect(verdict(manifestWith(spec), root).length === 0).toBe(accepted);
        if (accepted) good++;
      }),
      { numRuns: 2000 },
    );
    expect(good).toBeGreaterThan(50);
  });

  test('on every change of a spec', () => {
    fc.assert(
      fc.property(nearAndRight, nearAndRight, (before, after) => {
        const [old, next] = [before, after].map(
          (spec) => parseCluster(manifestWith(spec)) as { cluster: DhtCluster },
        );
        const accepted = checkUpdate(old!.cluster, next!.cluster).length === 0;
        expect(verdict(manifestWith(after), root, manifestWith(before)).length === 0).toBe(
          accepted,
        );
      }),
      { numRuns: 250 },
    );
  });
});
