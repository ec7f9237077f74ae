// The DhtCluster resource: what a manifest says, read into a value that is known to be right, or a
// list of everything that is wrong with it.
import { memoryOf } from './cluster-pod-rules.ts';
import { majority, RULES, UPDATE_RULES } from './cluster-rules.ts';
import { SPEC, type ClusterSpec } from './cluster-spec.ts';
import type { STATUS } from './cluster-status.ts';
import type { UpdateRule } from './rule.ts';
import type { ObjectSchema, Parsed, Problem, Schema, TextSchema } from './schema.ts';
import { isObject, join, kindOf, quoted, read, type Reading } from './validate.ts';

export const API_GROUP = 'dht.ringkeeper.dev';
export const API_VERSION = 'v1alpha1';
export const KIND = 'DhtCluster';

export type { ClusterSpec } from './cluster-spec.ts';
export type ClusterStatus = Parsed<typeof STATUS>;

/** What Kubernetes knows of any object. Other fields pass through as they are. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

/** A ring as its user wants it, defaults filled in. A status in the manifest is left out. */
export interface DhtCluster {
  readonly apiVersion: `${typeof API_GROUP}/${typeof API_VERSION}`;
  readonly kind: typeof KIND;
  readonly metadata: Metadata;
  readonly spec: ClusterSpec;
}

/**
 * The ring's name is the start of its members' names (dev-0) and the name of a Service, which must
 * start with a letter; 40 leaves room in the 63 characters of a label for what is appended.
 */
export const NAME = {
  type: 'string',
  minLength: 1,
  maxLength: 40,
  pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$',
  expects:
    'a name of up to 40 lower-case letters, digits and hyphens that starts with a letter ' +
    'and ends with no hyphen',
  description: "Name of the ring, and the start of its members' names.",
} as const satisfies TextSchema;

/**
 * Reads a manifest that YAML or JSON was parsed to. Defaults are filled in as the API server does
 * it; a quorum that is left out becomes a majority, memory goes by the cache. Unknown fields are refused.
 */
export function parseCluster(
  value: unknown,
): { readonly cluster: DhtCluster } | { readonly problems: readonly Problem[] } {
  if (!isObject(value)) {
    const right = `give fields apiVersion, kind: ${KIND}, metadata and spec`;
    return { problems: [{ path: '', wrong: `the manifest ${whatIs(value)}`, right }] };
  }
  const problems: Problem[] = [];
  const reading: Reading = { problems, elsewhere: (name) => findField(name, SPEC, 'spec') };
  readHead(value, reading);
  const metadata = readMetadata(value.metadata, reading);
  const spec = read(value.spec ?? {}, SPEC, 'spec', reading);
  if (problems.length > 0) return { problems };
  const filled = worked(spec as Given);
  const broken = RULES.filter((rule) => !rule.holds(filled)).map((rule) => rule.problem(filled));
  if (broken.length > 0) return { problems: broken };
  const head = { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: KIND } as const;
  return { cluster: { ...head, metadata: metadata as Metadata, spec: filled } };
}

/** What may not become of a ring that exists already: fields that stay as they were made. */
export function checkUpdate(old: DhtCluster, next: DhtCluster): readonly Problem[] {
  return UPDATE_RULES.filter(({ of, holds = sameBy(of) }) => !holds(old.spec, next.spec)).map(
    ({ field, of, may, right }) => ({
      path: `spec.${field}`,
      wrong: `${may}: it is ${inText(of(old.spec))}, not ${inText(of(next.spec))}`,
      right,
    }),
  );
}

const sameBy =
  (of: UpdateRule['of']) =>
  (old: ClusterSpec, next: ClusterSpec): boolean =>
    JSON.stringify(of(old)) === JSON.stringify(of(next));

const inText = (value: unknown): string =>
  value === undefined ? 'left out' : JSON.stringify(value);

const WANTED = { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: KIND };
const HEAD = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

function readHead(value: Record<string, unknown>, { problems, elsewhere }: Reading): void {
  for (const [name, wanted] of Object.entries(WANTED)) {
    const given = value[name];
    if (given === wanted) continue;
    const wrong =
      given === undefined
        ? 'is missing'
        : typeof given === 'string'
          ? `${quoted(given)} is not known`
          : kindOf(given);
    problems.push({ path: name, wrong, right: `give ${wanted}` });
  }
  for (const name of Object.keys(value)) {
    if (HEAD.includes(name)) continue;
    const meant = elsewhere(name);
    const right = meant === null ? `known here: ${HEAD.join(', ')}` : `did you mean ${meant}?`;
    problems.push({ path: join('', name), wrong: 'there is no such field', right });
  }
}

/** Kubernetes knows more of metadata than we do: only what we read ourselves is checked. */
function readMetadata(value: unknown, reading: Reading): unknown {
  if (!isObject(value)) {
    const wrong = value === undefined ? 'is missing' : kindOf(value);
    reading.problems.push({ path: 'metadata', wrong, right: 'give at least a name' });
    return value;
  }
  if (value.name === undefined || value.name === null) {
    const right = `give ${NAME.expects}`;
    reading.problems.push({ path: 'metadata.name', wrong: 'is missing', right });
  } else {
    read(value.name, NAME, 'metadata.name', reading);
  }
  const { namespace } = value;
  if (namespace !== undefined && typeof namespace !== 'string') {
    const wrong = kindOf(namespace);
    reading.problems.push({ path: 'metadata.namespace', wrong, right: 'give text' });
  }
  readTexts(value.labels, 'metadata.labels', reading);
  readTexts(value.annotations, 'metadata.annotations', reading);
  return value;
}

function readTexts(value: unknown, path: string, { problems }: Reading): void {
  if (value === undefined || value === null) return;
  if (!isObject(value)) {
    problems.push({ path, wrong: kindOf(value), right: 'give names with texts' });
    return;
  }
  for (const [name, text] of Object.entries(value)) {
    if (typeof text === 'string') continue;
    problems.push({ path: join(path, name), wrong: kindOf(text), right: 'give text, in quotes' });
  }
}

/** Fills in what is worked out from other fields (`filled` in the schema). */
function worked(spec: Given): ClusterSpec {
  const { consistency, resources, storage, replicationFactor } = spec;
  const quorum = majority(replicationFactor);
  const { requests, limits } = resources;
  const memory = memoryOf(storage.cacheBytes, { request: requests.memory, limit: limits.memory });
  return {
    ...spec,
    consistency: {
      ...consistency,
      read: consistency.read ?? quorum,
      write: consistency.write ?? quorum,
    },
    resources: {
      requests: { ...requests, memory: memory.request },
      limits: { ...limits, memory: memory.limit },
    },
  };
}

/** The spec as it was read, before anything is worked out. */
type Given = Omit<ClusterSpec, 'consistency' | 'resources'> & {
  readonly consistency: WithoutSome<ClusterSpec['consistency'], 'read' | 'write'>;
  readonly resources: {
    readonly [K in keyof ClusterSpec['resources']]: WithoutSome<
      ClusterSpec['resources'][K],
      'memory'
    >;
  };
};
type WithoutSome<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

/** Where in the schema a field of this name stands; the outermost first. */
function findField(name: string, schema: ObjectSchema, path: string): string | null {
  if (Object.hasOwn(schema.properties, name)) return `${path}.${name}`;
  for (const [inner, field] of Object.entries<Schema>(schema.properties)) {
    const found = field.type === 'object' ? findField(name, field, `${path}.${inner}`) : null;
    if (found !== null) return found;
  }
  return null;
}

function whatIs(value: unknown): string {
  return typeof value === 'object' ? kindOf(value) : `is ${quoted(value)}`;
}
