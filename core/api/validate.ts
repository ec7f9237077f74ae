// Reads a plain value by a schema: fills in defaults, and says of everything that is wrong where it
// is and what would be right. Knows no resource; the same verdict as the API server's is required.
import { unreachable } from '../assert.ts';
import type {
  ChoiceSchema,
  IntegerOrTextSchema,
  IntegerSchema,
  ListSchema,
  MapSchema,
  NumberSchema,
  ObjectSchema,
  Problem,
  Schema,
  TextSchema,
} from './schema.ts';
import { nearest } from './suggestion.ts';

/** Problems of one manifest that are told at most: more help nobody. */
const PROBLEMS_MAX = 50;

/** Reads one document; `problems` grows in the order of the schema's fields. */
export interface Reading {
  readonly problems: Problem[];
  /** Where a field of this name stands elsewhere, for suggestions; null: nowhere. */
  readonly elsewhere: (name: string) => string | null;
}

/** The value with defaults filled in. What is wrong is added to the problems and left as it was. */
export function read(value: unknown, schema: Schema, path: string, reading: Reading): unknown {
  if (reading.problems.length >= PROBLEMS_MAX) return value;
  switch (schema.type) {
    case 'object':
      return readObject(value, schema, path, reading);
    case 'array':
      return readList(value, schema, path, reading);
    case 'map':
      return readMap(value, schema, path, reading);
    case 'integer':
    case 'number':
    case 'boolean':
    case 'string':
    case 'int-or-string':
      return checked(value, leafProblem(value, schema), path, reading);
    default:
      return unreachable(schema);
  }
}

type Leaf = Exclude<Schema, ObjectSchema | ListSchema | MapSchema>;

function leafProblem(value: unknown, schema: Leaf): Wrong {
  switch (schema.type) {
    case 'integer':
    case 'number':
      return numberProblem(value, schema);
    case 'boolean':
      return typeof value === 'boolean' ? null : [kindOf(value), give(schema)];
    case 'string':
      return 'enum' in schema ? choiceProblem(value, schema) : textProblem(value, schema);
    case 'int-or-string':
      return integerOrTextProblem(value, schema);
    default:
      return unreachable(schema);
  }
}

type Wrong = readonly [wrong: string, right: string] | null;

function checked(value: unknown, wrong: Wrong, path: string, { problems }: Reading): unknown {
  if (wrong !== null) problems.push({ path, wrong: wrong[0], right: wrong[1] });
  return value;
}

function readObject(value: unknown, schema: ObjectSchema, path: string, reading: Reading): unknown {
  if (!isObject(value)) {
    return checked(value, [kindOf(value), give(schema)], path, reading);
  }
  const filled: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.properties)) {
    // An empty entry in YAML is null; the API server prunes it and fills the default in, and so do
    // we.
    const given = (Object.hasOwn(value, name) ? value[name] : undefined) ?? defaultOf(field);
    if (given !== undefined) filled[name] = read(given, field, join(path, name), reading);
    else if (schema.required?.includes(name)) {
      checked(null, ['is missing', give(field)], join(path, name), reading);
    }
  }
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(schema.properties, name)) refuseUnknown(name, schema, path, reading);
  }
  return filled;
}

function refuseUnknown(name: string, schema: ObjectSchema, path: string, reading: Reading): void {
  const known = Object.keys(schema.properties);
  const meant = nearest(name, known) ?? reading.elsewhere(name);
  const right = meant === null ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
  if (reading.problems.length < PROBLEMS_MAX) {
    reading.problems.push({ path: join(path, name), wrong: 'there is no such field', right });
  }
}

function readList(value: unknown, schema: ListSchema, path: string, reading: Reading): unknown {
  if (!Array.isArray(value)) return checked(value, [kindOf(value), give(schema)], path, reading);
  if (value.length > schema.maxItems) {
    const wrong = `has ${String(value.length)} items`;
    return checked(value, [wrong, `give at most ${String(schema.maxItems)}`], path, reading);
  }
  const items: readonly unknown[] = value;
  const first = new Map<unknown, number>();
  return items.map((item, i) => {
    const at = `${path}[${String(i)}]`;
    if (schema['x-kubernetes-list-type'] === 'set' && first.has(item)) {
      const wrong = `${quoted(item)} stands at ${path}[${String(first.get(item))}] already`;
      return checked(item, [wrong, 'name each once'], at, reading);
    }
    first.set(item, i);
    return read(item, schema.items, at, reading);
  });
}

function readMap(value: unknown, schema: MapSchema, path: string, reading: Reading): unknown {
  if (!isObject(value)) return checked(value, [kindOf(value), give(schema)], path, reading);
  // As in an object, an empty entry is none.
  const entries = Object.entries(value).filter(([, text]) => text !== null);
  if (entries.length > schema.maxProperties) {
    const wrong = `has ${String(entries.length)} entries`;
    return checked(value, [wrong, `give at most ${String(schema.maxProperties)}`], path, reading);
  }
  const { pattern, expects } = schema.names;
  return Object.fromEntries(
    entries.map(([name, text]) => {
      const at = join(path, name);
      if (!new RegExp(pattern, 'u').test(name)) {
        return [name, checked(text, ['is not usable as a name', `give ${expects}`], at, reading)];
      }
      return [name, read(text, schema.values, at, reading)];
    }),
  );
}

function numberProblem(value: unknown, schema: IntegerSchema | NumberSchema): Wrong {
  if (typeof value !== 'number') return [kindOf(value), give(schema)];
  if (schema.type === 'integer' && !Number.isInteger(value)) {
    return [`${String(value)} is not a whole number`, give(schema)];
  }
  if (!(value >= schema.minimum)) {
    return [`${String(value)} is below ${String(schema.minimum)}`, give(schema)];
  }
  if (schema.type === 'integer' && value > schema.maximum) {
    return [`${String(value)} is above ${String(schema.maximum)}`, give(schema)];
  }
  return null;
}

function choiceProblem(value: unknown, schema: ChoiceSchema): Wrong {
  if (typeof value === 'string' && schema.enum.includes(value)) return null;
  const meant = typeof value === 'string' ? nearest(value, schema.enum) : null;
  const right = meant === null ? give(schema) : `${give(schema)}; did you mean ${meant}?`;
  return [typeof value === 'string' ? `${quoted(value)} is not known` : kindOf(value), right];
}

function textProblem(value: unknown, schema: TextSchema): Wrong {
  if (typeof value !== 'string') {
    return [kindOf(value), typeof value === 'object' ? give(schema) : `${give(schema)}, in quotes`];
  }
  if (value.length < (schema.minLength ?? 0)) return ['is empty', give(schema)];
  // Kubernetes counts code points, not UTF-16 units.
  const length = Array.from(value.slice(0, 2 * schema.maxLength + 2)).length;
  if (length > schema.maxLength) {
    return [`${quoted(value)} is too long`, `give at most ${String(schema.maxLength)} characters`];
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    return [`${quoted(value)} is not usable`, give(schema)];
  }
  return null;
}

function integerOrTextProblem(value: unknown, schema: IntegerOrTextSchema): Wrong {
  if (typeof value !== 'number') {
    return textProblem(value, { ...schema, type: 'string' });
  }
  const fits = Number.isInteger(value) && value >= schema.minimum && value <= schema.maximum;
  return fits ? null : [`${String(value)} is not usable`, give(schema)];
}

/** What would be right there, as a request. */
function give(schema: Schema): string {
  switch (schema.type) {
    case 'integer':
      return `give a whole number from ${String(schema.minimum)} to ${String(schema.maximum)}`;
    case 'number':
      return `give a number from ${String(schema.minimum)}`;
    case 'boolean':
      return 'give true or false';
    case 'array':
      return 'give a list';
    case 'map':
      return 'give names with texts';
    case 'object': {
      return `give fields such as ${Object.keys(schema.properties).slice(0, 3).join(', ')}`;
    }
    case 'string':
      return `give ${'enum' in schema ? schema.enum.join(' or ') : (schema.expects ?? 'text')}`;
    case 'int-or-string':
      return `give ${schema.expects}`;
    default:
      return unreachable(schema);
  }
}

function defaultOf(schema: Schema): unknown {
  return 'default' in schema ? schema.default : undefined;
}

/** The path of a field; a name that is no plain word stands in brackets. */
export function join(path: string, name: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) return `${path}[${quoted(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value of the wrong kind is, with as much of it as fits a line. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'is empty';
  if (Array.isArray(value)) return 'is a list';
  if (typeof value === 'string') return `${quoted(value)} is text`;
  if (typeof value === 'number') return `${String(value)} is a number`;
  if (typeof value === 'boolean') return `${String(value)} is a boolean`;
  return typeof value === 'object' ? 'is a set of fields' : `is a ${typeof value}`;
}

/** The value in quotes, cut to what fits a line. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
