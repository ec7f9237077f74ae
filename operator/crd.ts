// The CustomResourceDefinition of DhtCluster, made from the one declaration in core/api. Run by
// itself it prints crds/dhtcluster.yaml; a test compares.
import { stringify } from 'yaml';
import { API_GROUP, API_VERSION, KIND, NAME } from '../core/api/cluster.ts';
import { UPDATE_RULES, RULES } from '../core/api/cluster-rules.ts';
import { SPEC } from '../core/api/cluster-spec.ts';
import { STATUS } from '../core/api/cluster-status.ts';
import type { MapSchema, ObjectSchema, Schema } from '../core/api/schema.ts';

/** What stands in the declaration for our own parser only. */
const OURS = new Set(['filled', 'expects', 'properties', 'items', 'names', 'values']);

/** One of `x-kubernetes-validations`. */
interface Validation {
  readonly rule: string;
  readonly message: string;
  /** CEL that gives the message with the value in it. */
  readonly messageExpression?: string;
}

/** The definition as Kubernetes takes it. */
export function crdOf(): object {
  const plural = `${KIND.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural,
        singular: KIND.toLowerCase(),
        shortNames: ['dht'],
        categories: ['all'],
      },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          additionalPrinterColumns: COLUMNS,
          schema: { openAPIV3Schema: rootSchema() },
        },
      ],
    },
  };
}

/** The committed text. */
export function crdText(): string {
  const note = '# Made from core/api/cluster-spec.ts by operator/crd.ts; edit that, not this.\n';
  return note + stringify(crdOf(), { lineWidth: 100, aliasDuplicateObjects: false });
}

const column = (name: string, type: string, jsonPath: string, description: string) => ({
  name,
  type,
  jsonPath,
  description,
});
const wide = (name: string, jsonPath: string, description: string) => ({
  name,
  type: 'integer',
  jsonPath,
  description,
  priority: 1,
});

const COLUMNS = [
  column('Desired', 'integer', '.spec.replicas', 'Members that are asked for.'),
  column('Ready', 'integer', '.status.readyReplicas', 'Members that serve.'),
  column('Ring', 'string', '.status.ring.phase', 'Phase of the ring change.'),
  column(
    'Under-replicated',
    'integer',
    '.status.ring.underReplicatedSlots',
    'Slots with too few copies.',
  ),
  column('Phase', 'string', '.status.phase', 'One word for all of it.'),
  column('Age', 'date', '.metadata.creationTimestamp', 'Time since it was created.'),
  wide('Epoch', '.status.ring.epoch', 'Number of the ring document.'),
  wide('Keys', '.status.ring.keys', 'Keys of the ring, and marks of deleted ones.'),
  wide('Moving', '.status.ring.movingSlots', 'Slots that change hands.'),
];

function rootSchema(): object {
  return {
    type: 'object',
    description: 'A distributed hash table: a ring of members that keep each key several times.',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', properties: { name: emit(NAME, 'metadata.name') } },
      spec: emit({ ...SPEC, default: {} }, 'spec'),
      status: emit(STATUS, 'status'),
    },
  };
}

/** The one form that a structural schema may have; it stands in the place of the type. */
const INT_OR_STRING = {
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  'x-kubernetes-int-or-string': true,
};

/**
 * One schema as Kubernetes takes it: without what is ours, with the rules that stand at this path.
 */
function emit(schema: Schema, path: string): Record<string, unknown> {
  const validations = [...inWords(schema, path), ...validationsAt(path)];
  return {
    ...plain(schema, path),
    ...(schema.type === 'int-or-string' ? INT_OR_STRING : {}),
    description: described(schema),
    ...(schema.type === 'integer' ? { format: schema.maximum < 2 ** 31 ? 'int32' : 'int64' } : {}),
    ...(schema.type === 'map' ? mapOf(schema, path) : {}),
    ...(schema.type === 'array' ? { items: emit(schema.items, `${path}[]`) } : {}),
    ...(schema.type === 'object' ? { properties: emitFields(schema.properties, path) } : {}),
    ...(validations.length > 0 ? { 'x-kubernetes-validations': validations } : {}),
    // The API server asks the rules of the default as it stands, before it fills in those inside.
    ...(validations.length > 0 && schema.type === 'object' && schema.default !== undefined
      ? { default: defaultsOf(schema) }
      : {}),
  };
}

/** Names of a map have no schema of their own, so their form is a rule. */
function mapOf({ values }: MapSchema, path: string): object {
  return { type: 'object', additionalProperties: emit(values, `${path}{}`) };
}

function plain(schema: Schema, path: string): object {
  const left = new Set(OURS);
  if (schema.type === 'int-or-string') left.add('type');
  if (inWords(schema, path).length > 0) left.add('pattern');
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !left.has(key)));
}

/**
 * A pattern that people meet is a rule instead, whose message says in words what is wanted. Not so where
 * only the operator writes, and where no rule may stand (a name) or is asked of a number too.
 */
function inWords(schema: Schema, path: string): Validation[] {
  if (schema.type === 'map') {
    const { pattern, expects } = schema.names;
    const message = `has a name that is not usable; give ${expects}`;
    return [{ rule: `self.all(name, name.matches(r'${pattern}'))`, message }];
  }
  if (schema.type !== 'string' || !('pattern' in schema) || !path.startsWith('spec.')) return [];
  const { pattern, expects } = schema;
  if (pattern === undefined || expects === undefined) return [];
  const message = `is not usable; give ${expects}`;
  // The server says of a text only that it is one, so the message names it.
  const messageExpression = `'"' + self + '" ${message}'`;
  return [{ rule: `self.matches(r'${pattern}')`, message, messageExpression }];
}

/** All defaults of an object, those inside as well. */
function defaultsOf({ properties }: ObjectSchema): object {
  const filled = Object.entries(properties).flatMap(([name, field]) => {
    if (field.type === 'object') return field.default ? [[name, defaultsOf(field)]] : [];
    return 'default' in field && field.default !== undefined ? [[name, field.default]] : [];
  });
  return Object.fromEntries(filled) as object;
}

function emitFields(fields: Readonly<Record<string, Schema>>, path: string): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, emit(field, `${path}.${name}`)]),
  );
}

function described(schema: Schema): string {
  return 'filled' in schema
    ? `${schema.description} Default: ${schema.filled}.`
    : schema.description;
}

function validationsAt(path: string): Validation[] {
  return [
    ...RULES.filter(({ at }) => at === path).map(({ cel, message }) => ({ rule: cel, message })),
    ...UPDATE_RULES.filter(({ at }) => at === path).map(({ cel, field, may, right }) => ({
      rule: cel ?? 'self == oldSelf',
      message: `${field} ${may}; ${right}`,
    })),
  ];
}

if (import.meta.main) process.stdout.write(crdText());
