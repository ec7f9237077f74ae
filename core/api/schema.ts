// The vocabulary in which a resource is declared once, as plain data: a structural OpenAPI v3
// schema as Kubernetes takes it, plus what people need to read. The CRD, the parser, the defaults
// and the TypeScript types all come from one declaration.

interface Described {
  /** For `kubectl explain` and the reference page: what it does, its unit, what else it touches. */
  readonly description: string;
}

export interface IntegerSchema extends Described {
  readonly type: 'integer';
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
  /** Left out, it is worked out from other fields, in these words; so it has no static default. */
  readonly filled?: string;
}

export interface NumberSchema extends Described {
  readonly type: 'number';
  readonly minimum: number;
}

export interface BooleanSchema extends Described {
  readonly type: 'boolean';
  readonly default?: boolean;
}

export interface TextSchema extends Described {
  readonly type: 'string';
  readonly maxLength: number;
  readonly minLength?: number;
  /** A regular expression that RE2 and JavaScript read alike, anchored at both ends. */
  readonly pattern?: string;
  /** The pattern in words: `lower-case letters, digits and hyphens`. */
  readonly expects?: string;
  readonly format?: 'date-time';
  readonly default?: string;
  /** As with whole numbers. */
  readonly filled?: string;
}

/** A whole number, or text for all else that a quantity can be: `2` and `250m`. */
export interface IntegerOrTextSchema extends Described {
  readonly type: 'int-or-string';
  /** Of a number. */
  readonly minimum: number;
  readonly maximum: number;
  /** Of a text. */
  readonly maxLength: number;
  readonly pattern: string;
  readonly expects: string;
  readonly default?: string;
}

export interface ChoiceSchema extends Described {
  readonly type: 'string';
  readonly enum: readonly string[];
  readonly default?: string;
}

export interface ListSchema extends Described {
  readonly type: 'array';
  readonly items: Schema;
  readonly maxItems: number;
  /** `set`: no item twice. `map`: no two items with the same keys. `atomic`: one value as a whole. */
  readonly 'x-kubernetes-list-type': 'set' | 'map' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly default?: readonly [];
}

/** Names that the user chooses, each with a text. */
export interface MapSchema extends Described {
  readonly type: 'map';
  readonly maxProperties: number;
  /** Of the names; RE2 and JavaScript read it alike. */
  readonly names: { readonly pattern: string; readonly expects: string };
  readonly values: TextSchema;
  readonly default?: Readonly<Record<string, never>>;
}

export interface ObjectSchema extends Described {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** An empty object, so that the defaults inside are filled in where it is left out. */
  readonly default?: Readonly<Record<string, never>>;
}

export type Schema =
  | IntegerSchema
  | NumberSchema
  | BooleanSchema
  | TextSchema
  | ChoiceSchema
  | IntegerOrTextSchema
  | ListSchema
  | MapSchema
  | ObjectSchema;

/** What a value of this schema is once it was parsed and defaults were filled in. */
export type Parsed<S> = S extends { readonly enum: readonly (infer Choice)[] }
  ? Choice
  : S extends { readonly type: 'string' }
    ? string
    : S extends { readonly type: 'int-or-string' }
      ? number | string
      : S extends { readonly type: 'integer' | 'number' }
        ? number
        : S extends { readonly type: 'boolean' }
          ? boolean
          : S extends { readonly items: infer Item }
            ? readonly Parsed<Item>[]
            : S extends { readonly type: 'map' }
              ? Readonly<Record<string, string>>
              : S extends { readonly properties: infer Fields }
                ? ParsedFields<S, Fields>
                : never;

type ParsedFields<S, Fields> = {
  readonly [K in keyof Fields as IfPresent<S, K, Fields[K], K, never>]: Parsed<Fields[K]>;
} & {
  readonly [K in keyof Fields as IfPresent<S, K, Fields[K], never, K>]?: Parsed<Fields[K]>;
};

/** `Yes` where a parsed value always has the field, else `No`. */
type IfPresent<S, K, Field, Yes, No> = Field extends
  { readonly default: unknown } | { readonly filled: unknown }
  ? Yes
  : S extends { readonly required: readonly (infer Required)[] }
    ? K extends Required
      ? Yes
      : No
    : No;

/** One thing that is wrong with a manifest, and how to put it right. */
export interface Problem {
  /** Where: `spec.decommission[2]`. Empty: the whole document. */
  readonly path: string;
  /** What is wrong there, with the value: `2 is below spec.replicationFactor 3`. */
  readonly wrong: string;
  /** What would be right: `raise replicas or lower replicationFactor`. */
  readonly right: string;
}

/** One line for people: `spec.replicas: 2 is below …; raise replicas or …`. */
export function problemText({ path, wrong, right }: Problem): string {
  return `${path === '' ? '' : `${path}: `}${wrong}; ${right}`;
}
