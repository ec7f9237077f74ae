// The chart: what it renders, what it refuses, and that its copies are copies. UPDATE_GOLDEN=1 writes
// new golden files; read their difference.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { PLAIN, PLAIN_VALUES, plainManifests } from '../../helm/manifests.ts';
import type { KubeObject } from '../../operator/kubernetes/api.ts';
import { CLUSTERS } from '../../operator/kubernetes/kinds.ts';
import { labelsOf } from '../../operator/kubernetes/names.ts';
import { CHART, describeWithHelm, helm, objectsIn, rendered } from './chart.ts';

const CRD = 'crds/dhtcluster.yaml';
const GOLDEN = 'test/kubernetes/golden';
const read = (path: string): string => readFileSync(path, 'utf8');

/** The definition stands in crds/ already. */
function expectGolden(name: string, text: string): void {
  const path = `${GOLDEN}/${name}.yaml`;
  const objects = objectsIn(text).filter(({ kind }) => kind !== 'CustomResourceDefinition');
  const all = objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, all);
  expect(all).toBe(read(path));
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Policy {
  readonly spec: {
    readonly paramKind?: { readonly apiVersion: string; readonly kind: string };
    readonly matchConstraints: {
      readonly objectSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    };
  };
}

const kinds = (objects: readonly KubeObject[], kind: string) =>
  objects.filter((object) => object.kind === kind);

describeWithHelm('the chart', () => {
  test('passes the strict linter', () => {
    expect(helm(['lint', '--strict', CHART])).toMatch(/0 chart\(s\) failed/);
  });

  test('renders with its defaults what it did before', () => {
    expectGolden('defaults', rendered());
  });

  test('renders with everything switched on what it did before', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    expectGolden(
      'everything',
      rendered(
        {
          image: { repository: 'registry.example.com/ringkeeper', digest, pullPolicy: 'Always' },
          imagePullSecrets: [{ name: 'pull' }],
          ringImage: 'registry.example.com/ringkeeper:0.0.9',
          replicas: 3,
          console: { changes: true },
          podAnnotations: { 'example.com/team': 'storage' },
          podLabels: { team: 'storage' },
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ key: 'control', operator: 'Exists' }],
          affinity: { nodeAffinity: {} },
          priorityClassName: 'system-cluster-critical',
          serviceAccount: { name: 'keeper', annotations: { 'example.com/role': 'r' } },
          crds: { keep: false },
          networkPolicy: { enabled: true, metricsFrom: [{ namespaceSelector: {} }] },
          podMonitor: { enabled: true, interval: '10s', labels: { release: 'prometheus' } },
          docsUrl: 'https://docs.example.com/ringkeeper/',
          prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
          test: { ring: 'example', namespace: 'rings' },
        },
        'prod',
      ),
    );
  });

  test('renders for two namespaces Roles there and nothing for the whole cluster but policies', () => {
    const text = rendered({
      watchNamespaces: ['red', 'blue'],
      hosts: { read: false },
      networkPolicy: { rings: false },
    });
    expectGolden('namespaced', text);
    const objects = objectsIn(text);
    expect(kinds(objects, 'ClusterRole')).toEqual([]);
    expect(kinds(objects, 'Role').map(({ metadata }) => metadata.namespace)).toEqual(
      expect.arrayContaining(['red', 'blue', 'ringkeeper-system']),
    );
  });

  test("gives Grafana's sidecar three dashboards, whose links lead to docsUrl", () => {
    const docsUrl = 'https://docs.example.com';
    const maps = kinds(
      objectsIn(rendered({ dashboards: { enabled: true }, docsUrl })),
      'ConfigMap',
    ) as (KubeObject & { readonly data: Record<string, string> })[];
    expect(maps.map(({ data }) => Object.keys(data)[0])).toEqual([
      'ringkeeper-node.json',
      'ringkeeper-operator.json',
      'ringkeeper-ring.json',
    ]);
    for (const { metadata, data } of maps) {
      expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
      const [[name, text]] = Object.entries(data) as [[string, string]];
      const file = read(`${CHART}/files/dashboards/${name.replace('ringkeeper-', '')}`);
      const linked = file.replace('"docs/runbooks', `"${docsUrl}/runbooks`);
      expect(JSON.parse(text)).toEqual(JSON.parse(linked));
      expect(text).toContain(`"${docsUrl}/runbooks/alerts"`);
    }
  });

  test('gives the same rights in a Role as in the ClusterRole, but for hosts and their volumes', () => {
    const rules = (kind: string, values: object): readonly Rule[] =>
      (kinds(objectsIn(rendered(values)), kind)[0] as unknown as { rules: readonly Rule[] }).rules;
    const everywhere = rules('ClusterRole', {});
    expect(rules('Role', { watchNamespaces: ['red'] })).toEqual(
      everywhere.filter(({ resources: [what] }) => !['nodes', 'persistentvolumes'].includes(what!)),
    );
  });

  test('grants no right to everything, and none beyond what operators of rings touch', () => {
    const objects = objectsIn(rendered());
    const rules = [...kinds(objects, 'ClusterRole'), ...kinds(objects, 'Role')].flatMap(
      (role) => (role as unknown as { rules: readonly Rule[] }).rules,
    );
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [
      ...apiGroups,
      ...resources,
      ...verbs,
    ]);
    expect(words).not.toContain('*');
    expect(words).not.toContain('deletecollection');
    expect(words.filter((word) => /exec|impersonate|escalate|bind|roles/.test(word))).toEqual([]);
  });

  test.each([
    [{ imgae: {} }, /imgae is not allowed/],
    [{ image: { version: '1' } }, /version is not allowed/],
    [{ replicas: 0 }, /replicas: Must be greater than or equal to 1/],
    [{ watchNamespaces: ['Red'] }, /watchNamespaces\.0/],
    [{ serviceAccount: { create: false } }, /serviceAccount\.name: name the account/],
  ])('refuses %j', (values, why) => {
    expect(() => rendered(values)).toThrow(why);
  });

  test('closes every object of its schema that is not the user’s own', () => {
    const open: string[] = [];
    const visit = (schema: Record<string, unknown>, path: string): void => {
      const fields = schema['properties'] as Record<string, Record<string, unknown>> | undefined;
      if (fields !== undefined && schema['additionalProperties'] !== false) open.push(path);
      for (const [name, field] of Object.entries(fields ?? {})) visit(field, `${path}.${name}`);
    };
    visit(JSON.parse(read(`${CHART}/values.schema.json`)) as Record<string, unknown>, '');
    expect(open).toEqual([]);
  });

  test('keeps the definition when it is uninstalled, unless told otherwise', () => {
    const definition = (values: object): KubeObject =>
      kinds(objectsIn(rendered(values)), 'CustomResourceDefinition')[0]!;
    const { metadata, ...rest } = definition({});
    expect(metadata.annotations?.['helm.sh/resource-policy']).toBe('keep');
    expect({ ...rest, metadata: { name: metadata.name } }).toEqual(objectsIn(read(CRD))[0]);
    const loose = definition({ crds: { keep: false } }).metadata.annotations;
    expect(loose).not.toHaveProperty(['helm.sh/resource-policy']);
    const without = objectsIn(rendered({ crds: { enabled: false } }));
    expect(kinds(without, 'CustomResourceDefinition')).toEqual([]);
  });

  test('has the definition as it is made from the schema', () => {
    expect(read(`${CHART}/files/dhtcluster.yaml`)).toBe(read(CRD));
  });

  test('is what the plain manifests say', () => {
    expect(read(PLAIN)).toBe(plainManifests(rendered(PLAIN_VALUES)));
    expect(read(PLAIN)).not.toMatch(/Helm|helm\.sh/);
  });

  // docs/decisions/0031: of a kind of its own, an API server may know the past alone.
  test('has rings as the only parameters of its policies', () => {
    const policies = kinds(objectsIn(rendered()), 'ValidatingAdmissionPolicy');
    const asked = (policies as unknown as readonly Policy[])
      .map(({ spec }) => spec.paramKind)
      .filter((kind) => kind !== undefined);
    const { apiVersion, kind } = CLUSTERS;
    expect(asked).toEqual([
      { apiVersion, kind },
      { apiVersion, kind },
    ]);
  });

  test('recognises rings by the labels that the operator gives', () => {
    const labels = labelsOf('dev');
    const policies = kinds(objectsIn(rendered()), 'ValidatingAdmissionPolicy');
    const selectors = (policies as unknown as readonly Policy[])
      .map(({ spec }) => spec.matchConstraints.objectSelector?.matchLabels)
      .filter((selector) => selector !== undefined);
    expect(selectors.length).toBe(3);
    for (const selector of selectors) expect(labels).toMatchObject(selector);
  });
});
