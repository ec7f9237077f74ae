// What an API server makes of an object by a CRD's schema: nulls pruned, defaults filled in, types
// and bounds checked, unknown fields refused (kubectl asks for that), CEL rules evaluated. A naive
// twin, only as wide as our schema: the CEL we write is put into JavaScript word by word.
import { runInThisContext } from 'node:vm';

export interface Emitted {
  /** Left out: a whole number or text. */
  type?: string;
  description?: string;
  properties?: Record<string, Emitted>;
  items?: Emitted;
  additionalProperties?: Emitted;
  maxProperties?: number;
  required?: string[];
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}

/** Paths of what is wrong; empty: accepted. `old`: the stored object that an update replaces. */
export function verdict(value: unknown, schema: Emitted, old?: unknown): string[] {
  const full = withDefaults(value, schema);
  const wrong = structure(full, schema, '');
  return wrong.length > 0
    ? wrong
    : rules(full, old === undefined ? undefined : withDefaults(old, schema), schema, '');
}

function withDefaults(value: unknown, schema: Emitted): unknown {
  if (schema.type === 'array' && Array.isArray(value))
    return value.map((item) => withDefaults(item, schema.items!));
  if (schema.type !== 'object' || !isFields(value)) return value;
  if (schema.additionalProperties !== undefined)
    return Object.fromEntries(Object.entries(value).filter(([, text]) => text !== null));
  if (schema.properties === undefined) return value;
  const full: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    if (given !== null || schema.properties[name] === undefined) full[name] = given;
  }
  for (const [name, field] of Object.entries(schema.properties)) {
    if (!Object.hasOwn(full, name) && field.default !== undefined) full[name] = field.default;
    if (Object.hasOwn(full, name)) full[name] = withDefaults(full[name], field);
  }
  return full;
}

function structure(value: unknown, schema: Emitted, path: string): string[] {
  switch (schema.type) {
    case undefined:
      return structure(
        value,
        { ...schema, type: typeof value === 'string' ? 'string' : 'integer' },
        path,
      );
    case 'object': {
      if (!isFields(value)) return [path];
      if (schema.additionalProperties !== undefined) return mapProblems(value, schema, path);
      if (schema.properties === undefined) return [];
      const { properties } = schema;
      const isMetadata = path === '.metadata';
      return [
        ...(schema.required ?? []).filter((name) => value[name] === undefined),
        ...Object.entries(value).flatMap(([name, inner]) =>
          Object.hasOwn(properties, name)
            ? structure(inner, properties[name]!, `${path}.${name}`)
            : isMetadata
              ? []
              : [`${path}.${name}`],
        ),
      ];
    }
    case 'array': {
      if (!Array.isArray(value) || value.length > schema.maxItems!) return [path];
      if (schema['x-kubernetes-list-type'] === 'set' && new Set(value).size < value.length)
        return [path];
      return value.flatMap((item, i) => structure(item, schema.items!, `${path}[${String(i)}]`));
    }
    case 'string': {
      const fits =
        typeof value === 'string' &&
        Array.from(value).length <= (schema.maxLength ?? Infinity) &&
        value.length >= (schema.minLength ?? 0) &&
        (schema.enum?.includes(value) ?? true) &&
        (schema.pattern === undefined || new RegExp(schema.pattern).test(value));
      return fits ? [] : [path];
    }
    case 'boolean':
      return typeof value === 'boolean' ? [] : [path];
    default: {
      const fits =
        typeof value === 'number' &&
        (schema.type === 'number' || Number.isInteger(value)) &&
        value >= (schema.minimum ?? -Infinity) &&
        value <= (schema.maximum ?? Infinity);
      return fits ? [] : [path];
    }
  }
}

function mapProblems(value: Record<string, unknown>, schema: Emitted, path: string): string[] {
  const entries = Object.entries(value);
  if (entries.length > schema.maxProperties!) return [path];
  return entries.flatMap(([name, text]) =>
    structure(text, schema.additionalProperties!, `${path}.${name}`),
  );
}

function rules(value: unknown, old: unknown, schema: Emitted, path: string): string[] {
  const own = (schema['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => !rule.includes('oldSelf') || old !== undefined)
    .filter(({ rule }) => !evaluate(rule, value, old));
  const inner = isFields(value) ? Object.entries(schema.properties ?? {}) : [];
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  const texts =
    isFields(value) && schema.additionalProperties !== undefined ? Object.entries(value) : [];
  return [
    ...own.map(({ message }) => `${path}: ${message}`),
    ...texts.flatMap(([name, text]) =>
      rules(text, undefined, schema.additionalProperties!, `${path}.${name}`),
    ),
    // An item has no item before it: lists are compared as a whole.
    ...items.flatMap((item, i) => rules(item, undefined, schema.items!, `${path}[${String(i)}]`)),
    ...inner.flatMap(([name, field]) => {
      const given = (value as Record<string, unknown>)[name];
      const before = isFields(old) ? old[name] : undefined;
      return given === undefined ? [] : rules(given, before, field, `${path}.${name}`);
    }),
  ];
}

type Predicate = (self: unknown, oldSelf: unknown) => boolean;
const compiled = new Map<string, Predicate>();

/** CEL compares deeply, and its division of integers drops the rest. */
export function evaluate(cel: string, self: unknown, oldSelf?: unknown): boolean {
  const known = compiled.get(cel);
  if (known !== undefined) return known(self, oldSelf);
  const script = cel
    .replace(/has\(([\w.]+)\)/g, '($1 !== undefined)')
    .replace(
      /(\w+)\.matches\(r'(.*?)'\)/,
      (_, text: string, pattern: string) => `/${pattern.replaceAll('/', '\\/')}/.test(${text})`,
    )
    // Of a list its items, of a map its names.
    .replace(/self\.all\((\w+),/, '(Array.isArray(self) ? self : Object.keys(self)).every(($1) =>')
    .replace(/isQuantity\(([\w.]+)\)/g, '/^[0-9.]+([kKMGT]i?|m)?$$/.test($1)')
    .replace(/double\(/g, 'Number(')
    .replace(/type\(([\w.]+)\) == int/g, '(typeof $1 === "number")')
    .replace(/self == oldSelf/g, 'JSON.stringify(self) === JSON.stringify(oldSelf)')
    .replace(/([\w.]+) \/ (\d+)/g, 'Math.trunc($1 / $2)');
  const twin = runInThisContext(`(quantity) => (self, oldSelf) => ${script}`) as (
    quantity: (text: string) => Quantity,
  ) => Predicate;
  const predicate = twin((text) => new Quantity(text));
  compiled.set(cel, predicate);
  return predicate(self, oldSelf);
}

/** CEL's quantities, exact to a thousandth. */
class Quantity {
  readonly #thousandths: bigint;
  constructor(text: string) {
    const [, whole, fraction, unit] = /^(\d+)(?:[.](\d{1,3}))?(\w*)$/.exec(text)!;
    const thousandths = BigInt(whole!) * 1000n + BigInt((fraction ?? '').padEnd(3, '0'));
    if (unit === 'm') {
      this.#thousandths = BigInt(whole!);
      return;
    }
    const power = BigInt(' KMGT'.indexOf(unit![0] ?? ' '));
    const factor = unit!.endsWith('i') ? 1024n ** power : 1000n ** power;
    this.#thousandths = thousandths * factor;
  }
  compareTo(other: Quantity): number {
    return (
      Number(this.#thousandths > other.#thousandths) -
      Number(this.#thousandths < other.#thousandths)
    );
  }
  asApproximateFloat(): number {
    return Number(this.#thousandths) / 1000;
  }
  asInteger(): number {
    return Number(this.#thousandths / 1000n);
  }
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
