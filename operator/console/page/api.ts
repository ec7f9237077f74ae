// Questions and orders to the server. The token lives as long as this tab.
const TOKEN = 'ringkeeper-token';

export function token(): string | null {
  return sessionStorage.getItem(TOKEN);
}

export function keepToken(text: string | null): void {
  if (text === null || text === '') sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, text);
}

/** The address that the operator prints carries the token behind the #, which browsers send nowhere. */
export function takeTokenFromAddress(): void {
  const given = /^#token=([\w.~+/=-]+)$/.exec(location.hash)?.[1];
  if (given === undefined) return;
  keepToken(given);
  history.replaceState(null, '', location.pathname);
}

/** What the server said no with, in words. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function ringPath(ring: string, ...parts: readonly string[]): string {
  return ['/api/rings', ring, ...parts]
    .map((part, i) => (i === 0 ? part : encodeURIComponent(part)))
    .join('/');
}

export async function get<T>(
  path: string,
  query: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<T> {
  const text = new URLSearchParams(query).toString();
  const url = text === '' ? path : `${path}?${text}`;
  return (await answered(await fetch(url, signal === undefined ? {} : { signal }))) as T;
}

export interface Order {
  readonly method: 'PUT' | 'POST' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Throws Refused, UNAUTHORIZED where there is no token or a wrong one. */
export async function order<T>(path: string, what: Order): Promise<T> {
  const known = token();
  const text = new URLSearchParams(what.query ?? {}).toString();
  const answer = await fetch(text === '' ? path : `${path}?${text}`, {
    method: what.method,
    headers: {
      ...what.headers,
      ...(known === null ? {} : { Authorization: `Bearer ${known}` }),
    },
    ...(what.body === undefined ? {} : { body: what.body }),
  });
  if (answer.status === 401) keepToken(null);
  return (await answered(answer)) as T;
}

async function answered(answer: Response): Promise<unknown> {
  const text = await answer.text();
  const body: unknown = text === '' ? null : JSON.parse(text);
  if (answer.ok) return body;
  const { code, detail, title } = (body ?? {}) as Partial<Record<string, string>>;
  throw new Refused(code ?? 'INTERNAL', detail ?? title ?? `the server answered ${answer.status}`);
}

export function reasonOf(error: unknown): string {
  return error instanceof Refused
    ? error.message
    : error instanceof TypeError
      ? 'the console does not answer: does the operator still run?'
      : String(error);
}
