// The contract is what is served, what is committed, valid, and true: each example is sent to a node.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from '@jest/globals';
import { openApiText, ROUTES } from '../../../../node/http/contract/openapi.ts';
import type { ExampleRequest, Route } from '../../../../node/http/contract/route.ts';
import { withNode } from '../../live-node.ts';
import type { Answer, LiveNode } from '../../live-node.ts';

interface Content {
  readonly schema?: object;
}
interface Told {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Content>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, Told>>;
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Told>> };
}

const DOCUMENT = JSON.parse(openApiText()) as OpenApi;

/** What differs each time, by the name of the field. */
const VOLATILE = new Set(['context', 'etag', 'requestId', 'writtenAt']);

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      VOLATILE.has(name) && typeof field === 'string' ? 'masked' : masked(field),
    ]),
  );
}

function send({ call }: LiveNode, { method, path, headers = {}, body }: ExampleRequest) {
  if (body === undefined) return call(method, path, { headers });
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return call(method, path, { headers, body: text });
}

/** Holds the answer against what the contract says of its status; complaints, none if it fits. */
function complaints(route: Route, answer: Answer): unknown[] {
  let told = DOCUMENT.paths[route.path]![route.method]!.responses[String(answer.status)];
  const reference = told?.$ref?.split('/').at(-1);
  if (reference !== undefined) told = DOCUMENT.components.responses[reference];
  if (told === undefined) return [`status ${answer.status} is not in the contract`];
  const missing = ['x-request-id', 'x-ring-epoch'].filter((name) => !(name in answer.headers));
  const type = (answer.headers['content-type'] ?? '').split(';')[0]!;
  if (told.content === undefined || answer.body === '') return missing;
  const content = told.content[type] ?? told.content['*/*'];
  if (content === undefined) return [...missing, `content type ${type} is not in the contract`];
  if (!type.endsWith('json') || content.schema === undefined) return missing;
  const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
  ajv.addSchema({ $id: 'api', components: DOCUMENT.components });
  const schema = JSON.parse(JSON.stringify(content.schema).replaceAll('"#/', '"api#/')) as object;
  ajv.validate(schema, answer.json());
  return [...missing, ...(ajv.errors ?? [])];
}

describe('the contract', () => {
  test('is valid OpenAPI 3.1', async () => {
    expect(
      await new Validator().validate(JSON.parse(openApiText()) as Record<string, unknown>),
    ).toMatchObject({
      valid: true,
    });
  });

  test('is committed as it is (npm run openapi writes it)', () => {
    expect(readFileSync('docs/openapi.json', 'utf8')).toBe(openApiText());
  });

  test('is served', async () => {
    await withNode(async ({ call }) => {
      const answer = await call('GET', '/openapi.json');
      expect(answer.headers['content-type']).toContain('application/json');
      expect(answer.body).toBe(openApiText());
    });
  });

  const examples = ROUTES.flatMap((route) =>
    route.examples.map((example) => ({
      name: `${route.method.toUpperCase()} ${route.path}: ${example.title}`,
      route,
      example,
    })),
  );

  test.each(examples)('has a true example: $name', async ({ route, example }) => {
    await withNode(async (live) => {
      for (const request of example.first ?? []) await send(live, request);
      const answer = await send(live, example.request);
      expect({ status: answer.status, wrong: complaints(route, answer) }).toEqual({
        status: example.status,
        wrong: [],
      });
      if (example.answer === undefined) return;
      const shown = typeof example.answer === 'string' ? answer.body : answer.json();
      expect(masked(shown)).toEqual(masked(example.answer));
    });
  });

  test('has an example for each route', () => {
    expect(ROUTES.filter(({ examples: own }) => own.length === 0)).toEqual([]);
  });
});
