// What a route is, said once: the router, the check of its query and the OpenAPI document come from
// the same declaration, so that none of them can be wrong about the other.
import type { ErrorCode } from '../../../core/errors.ts';
import type { Exchange, Routes } from '../exchange.ts';
import { refuseUnknownQuery } from '../known-names.ts';
import { parseQuery } from '../query.ts';
import type { Query } from '../query.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** `isRequired` for path parameters is implied. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly about: string;
  readonly schema: JsonSchema;
  readonly example?: string | number;
}

export interface Body {
  readonly about: string;
  /** Media type → what it holds; `true`: any bytes. */
  readonly content: Readonly<Record<string, JsonSchema | true>>;
}

export interface RouteAnswer {
  readonly about: string;
  readonly headers?: readonly AnswerHeader[];
  readonly content?: Body['content'];
}

export interface AnswerHeader {
  readonly name: string;
  readonly about: string;
  readonly schema: JsonSchema;
}

/** A request with its answer, as people read it and as a test sends it. */
export interface Example {
  readonly title: string;
  /** Sent before, so that the answer is as shown. */
  readonly first?: readonly ExampleRequest[];
  readonly request: ExampleRequest;
  readonly status: number;
  /** Shown and compared, but for what differs each time: ids, contexts, ETags, times. */
  readonly answer?: unknown;
}

export interface ExampleRequest {
  readonly method: string;
  /** As it stands in a URL, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is where it is text, else as JSON. */
  readonly body?: unknown;
}

export type Method = 'get' | 'head' | 'put' | 'post' | 'delete';

export interface Route {
  readonly id: string;
  readonly method: Method;
  /** `/v1/kv/{key}`: the key can be given as `?key64=` instead, without the last segment. */
  readonly path: string;
  readonly tag: 'values' | 'keys' | 'ring' | 'contract';
  readonly summary: string;
  readonly about?: string;
  readonly parameters: readonly Parameter[];
  readonly body?: Body;
  /** Statuses below 400. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  readonly errors: readonly ErrorCode[];
  readonly examples: readonly Example[];
}

/** Hands requests for the route to the handler. */
export function serve(
  router: Routes,
  { method, path }: Route,
  handle: (ctx: Exchange) => void | Promise<void>,
): void {
  // Koa answers HEAD by GET, without the body.
  if (method !== 'head') router[method](patternOf(path), handle);
}

/** A path that ends in a key takes everything below it, and itself: whoever parses the key refuses. */
function patternOf(path: string): string | RegExp {
  const keyless = path.replace(/\/\{key\}$/, '');
  return keyless === path ? path : new RegExp(`^${keyless}(?:/.*)?$`);
}

const known = new WeakMap<Route, readonly string[]>();

/** The query, whose names the route takes. Throws BAD_REQUEST on any other. */
export function queryOf(ctx: Exchange, route: Route): Query {
  const query = parseQuery(ctx.querystring);
  if (query.size === 0) return query;
  let takes = known.get(route);
  if (takes === undefined) known.set(route, (takes = queryNames(route)));
  refuseUnknownQuery(query.keys(), takes);
  return query;
}

function queryNames({ parameters, path }: Route): readonly string[] {
  const names = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  return path.endsWith('/{key}') ? [...names, 'key64'] : names;
}
