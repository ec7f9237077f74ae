// The page's own addresses: `#/ring` and `#/ring/member/dev-1`.

export interface Route {
  readonly ring: string | null;
  readonly member: string | null;
}

export function routeOf(hash: string): Route {
  const [ring, kind, name] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  return { ring: ring || null, member: kind === 'member' && name !== undefined ? name : null };
}

export function hrefOf(ring: string, member?: string): string {
  const base = `#/${encodeURIComponent(ring)}`;
  return member === undefined ? base : `${base}/member/${encodeURIComponent(member)}`;
}

/** Somebody may have typed it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
