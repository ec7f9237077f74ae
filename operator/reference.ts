// docs/reference.md: every field of a DhtCluster in words, made from the one declaration in core/api.
// Run by itself it prints the page; a test compares.
import { API_GROUP, API_VERSION, KIND, NAME } from '../core/api/cluster.ts';
import { RULES, UPDATE_RULES } from '../core/api/cluster-rules.ts';
import { SPEC } from '../core/api/cluster-spec.ts';
import { STATUS } from '../core/api/cluster-status.ts';
import type { ObjectSchema, Schema } from '../core/api/schema.ts';
import { unreachable } from '../core/assert.ts';

export function referenceText(): string {
  return [
    '# Fields of a DhtCluster',
    `Made from the declaration in \`core/api\` by \`operator/reference.ts\`; edit that, not this. The same words ` +
      'come from `kubectl explain dht.spec`. A manifest that breaks a bound or a rule is refused by the API ' +
      'server and by `dht apply` alike, with the field and what would be right.',
    `\`apiVersion: ${API_GROUP}/${API_VERSION}\`, \`kind: ${KIND}\`. \`metadata.name\` is ${NAME.expects}.`,
    '## spec',
    SPEC.description,
    table(SPEC, 'spec'),
    '## What must agree',
    RULES.map(({ at, message }) => `- \`${at}\`: ${message}.`).join('\n'),
    '## What stays as it was made',
    UPDATE_RULES.map(({ field, may, right }) => `- \`spec.${field}\` ${may}; ${right}.`).join('\n'),
    '## status',
    `${STATUS.description} For people and other controllers: the operator itself decides by the ring document.`,
    table(STATUS, 'status'),
  ]
    .join('\n\n')
    .concat('\n');
}

function table(schema: ObjectSchema, path: string): string {
  const head = ['| field | takes | default | what it means |', '|---|---|---|---|'];
  return [...head, ...rowsOf(schema, path)].join('\n');
}

function rowsOf({ properties, required = [] }: ObjectSchema, path: string): string[] {
  return Object.entries<Schema>(properties).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    const preset = required.includes(name) ? 'required' : presetOf(field);
    const row = `| \`${at}\` | ${cell(takes(field))} | ${cell(preset)} | ${cell(field.description)} |`;
    return [row, ...inside(field, at)];
  });
}

function inside(field: Schema, at: string): string[] {
  if (field.type === 'object') return rowsOf(field, at);
  if (field.type === 'array' && field.items.type === 'object')
    return rowsOf(field.items, `${at}[]`);
  return [];
}

function takes(field: Schema): string {
  switch (field.type) {
    case 'integer':
      return field.maximum === Number.MAX_SAFE_INTEGER
        ? `a whole number from ${String(field.minimum)}`
        : `a whole number from ${String(field.minimum)} to ${String(field.maximum)}`;
    case 'number':
      return `a number from ${String(field.minimum)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'int-or-string':
      return field.expects;
    case 'string':
      if ('enum' in field) return field.enum.map((each) => `\`${each}\``).join(', ');
      if (field.format === 'date-time') return 'a time';
      return field.expects ?? `text of up to ${String(field.maxLength)} characters`;
    case 'array':
      return field.items.type === 'object'
        ? `a list of up to ${String(field.maxItems)}`
        : `a list of up to ${String(field.maxItems)}, each ${takes(field.items)}`;
    case 'map':
      return `up to ${String(field.maxProperties)} names, each with ${takes(field.values)}`;
    case 'object':
      return 'fields';
    default:
      return unreachable(field);
  }
}

function presetOf(field: Schema): string {
  if ('filled' in field && field.filled !== undefined) return field.filled;
  if (field.type === 'object' || !('default' in field) || field.default === undefined) return '';
  if (field.type === 'array' || field.type === 'map') return 'none';
  return `\`${String(field.default)}\``;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

if (import.meta.main) process.stdout.write(referenceText());
