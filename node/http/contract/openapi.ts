// The OpenAPI 3.1 document, made from the same declarations that the router and the checks use.
import { ERRORS } from '../../../core/errors.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import {
  EPOCH_ANSWERED,
  EVERYWHERE,
  IF_NONE_MATCH_ANY,
  KEY64,
  REQUEST_ID_ANSWERED,
} from './parameters.ts';
import type { AnswerHeader, Body, Example, Parameter, Route, RouteAnswer } from './route.ts';
import { CHECK, CONTRACT, DRAWINGS, KEYS, OWNER, RING } from './ring-routes.ts';
import { ref, SCHEMAS } from './schemas.ts';
import { BATCH, CREATE, LOOK, PUT, READ, REMOVE } from './value-routes.ts';

/** Every route of the client port. */
export const ROUTES: readonly Route[] = [
  READ,
  LOOK,
  PUT,
  CREATE,
  REMOVE,
  BATCH,
  KEYS,
  RING,
  OWNER,
  CHECK,
  ...Object.values(DRAWINGS),
  CONTRACT,
];

/** What any request can meet. */
const ANYWHERE: readonly ErrorCode[] = [
  'BAD_REQUEST',
  'METHOD_NOT_ALLOWED',
  'REQUEST_TIMEOUT',
  'WRONG_RING',
  'HEADERS_TOO_LARGE',
  'INTERNAL',
  'NOT_SERVING',
  'DRAINING',
  'OVERLOADED',
];

const TAGS: Readonly<Record<Route['tag'], string>> = {
  values: 'One value, or many at once',
  keys: 'Which keys there are',
  ring: 'Members, slots and changes',
  contract: 'This document',
};

/** As it is served and committed: with line breaks, so that a change can be read as a diff. */
export const openApiText = (): string => `${JSON.stringify(openApi(), null, 2)}\n`;

function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES) {
    (paths[route.path] ??= {})[route.method] = operation(route);
    const keyless = keylessOf(route);
    if (keyless !== null) (paths[keyless.path] ??= {})[route.method] = operation(keyless);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ringkeeper',
      version: '1',
      summary: 'A replicated, durable hash table',
      description: 'The client port of every member of a ring. docs/rest.md is the guide.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost:8080', description: 'A ring on this machine' }],
    security: [],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: SCHEMAS,
      parameters: named(allParameters(), parameter),
      responses: allRefusals(),
      headers: named(allHeaders(), (one) => header(one)[1]),
    },
  };
}

/** The same with the key as `?key64=`; null: the route has no key. */
function keylessOf(route: Route): Route | null {
  if (!route.path.endsWith('/{key}')) return null;
  const parameters = route.parameters.map((one) => (one.in === 'path' ? KEY64 : one));
  return {
    ...route,
    id: `${route.id}ByKey64`,
    path: route.path.slice(0, -'/{key}'.length),
    summary: `${route.summary}, its key as base64url`,
    parameters,
    examples: [],
  };
}

type Named = Parameter | AnswerHeader;

/** Parameters stand once in the document: a reader of a diff sees each change once. */
function allParameters(): readonly Parameter[] {
  return [...new Set([...ROUTES.flatMap((route) => route.parameters), ...EVERYWHERE, KEY64])];
}

function allHeaders(): readonly AnswerHeader[] {
  const ofRoutes = ROUTES.flatMap(({ answers }) =>
    Object.values(answers).flatMap(({ headers = [] }) => headers),
  );
  return [...new Set([...ofRoutes, EPOCH_ANSWERED, REQUEST_ID_ANSWERED])];
}

/** Two that share a name are told apart: If-None-Match of a read and of a write. */
function nameOf(one: Named): string {
  return one === IF_NONE_MATCH_ANY ? `${one.name}-Any` : one.name;
}

function refTo(kind: 'parameters' | 'headers', one: Named): object {
  return { $ref: `#/components/${kind}/${nameOf(one)}` };
}

function named<T extends Named>(all: readonly T[], make: (one: T) => object): object {
  return Object.fromEntries(all.map((one) => [nameOf(one), make(one)]));
}

function operation(route: Route): object {
  const { id, tag, summary, about, parameters, body, examples } = route;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(about === undefined ? {} : { description: about }),
    parameters: [...parameters, ...EVERYWHERE].map((one) => refTo('parameters', one)),
    ...(body === undefined ? {} : { requestBody: requestBody(body, examples) }),
    responses: responses(route),
  };
}

function parameter({ name, in: place, about, schema, example }: Parameter): object {
  return {
    name,
    in: place,
    description: about,
    ...(place === 'path' || name === KEY64.name ? { required: true } : {}),
    schema,
    ...(example === undefined ? {} : { example }),
  };
}

function requestBody({ about, content }: Body, examples: readonly Example[]): object {
  const shown = examples.flatMap(({ title, request }) =>
    request.body === undefined ? [] : [[title, { value: request.body }] as const],
  );
  return {
    description: about,
    required: true,
    content: mediaTypes(content, Object.fromEntries(shown)),
  };
}

/** Codes that a route can answer with, by their status. */
function codesByStatus({ errors }: Route): ReadonlyMap<number, readonly ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...ANYWHERE, ...errors]) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}

/** Refusals by the codes that they can carry, each once. */
function allRefusals(): object {
  const all = ROUTES.flatMap((route) => [...codesByStatus(route).values()]);
  return Object.fromEntries(
    all.map((codes) => [codes.join('.'), response(problem(codes), {}, true)]),
  );
}

function responses(route: Route): object {
  const { answers, examples, method } = route;
  const byStatus = codesByStatus(route);
  const hasBody = method !== 'head';
  const good = Object.entries(answers).map(([status, answer]) => [
    status,
    response(answer, examplesOf(examples, Number(status)), hasBody),
  ]);
  const bad = [...byStatus].map(([status, codes]) => {
    const shown = examplesOf(examples, status);
    const isPlain = hasBody && Object.keys(shown).length === 0;
    const own = (): object => response(problem(codes), shown, hasBody);
    return [status, isPlain ? { $ref: `#/components/responses/${codes.join('.')}` } : own()];
  });
  return Object.fromEntries([...good, ...bad] as [string, object][]);
}

function problem(codes: readonly ErrorCode[]): RouteAnswer {
  return {
    about: codes.map((code) => `${code}: ${ERRORS[code].title}.`).join(' '),
    content: { 'application/problem+json': ref('Problem') },
  };
}

function examplesOf(examples: readonly Example[], status: number): Record<string, object> {
  return Object.fromEntries(
    examples
      .filter((one) => one.status === status && one.answer !== undefined)
      .map(({ title, answer }) => [title, { value: answer }]),
  );
}

function response(
  { about, headers = [], content }: RouteAnswer,
  examples: Record<string, object>,
  hasBody: boolean,
): object {
  const all = [...headers, EPOCH_ANSWERED, REQUEST_ID_ANSWERED];
  return {
    description: about,
    headers: Object.fromEntries(all.map((one) => [one.name, refTo('headers', one)])),
    ...(content === undefined || !hasBody ? {} : { content: mediaTypes(content, examples) }),
  };
}

function header({ name, about, schema }: AnswerHeader): [string, object] {
  return [name, { description: about, schema }];
}

/** Examples stand at the first media type: the one that they show. */
function mediaTypes(content: Body['content'], examples: Record<string, object>): object {
  const shown = Object.keys(examples).length === 0 ? {} : { examples };
  return Object.fromEntries(
    Object.entries(content).map(([type, schema], i) => [
      type,
      { ...(schema === true ? {} : { schema }), ...(i === 0 ? shown : {}) },
    ]),
  );
}
