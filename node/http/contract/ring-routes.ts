// Contract of /v1/keys, /v1/ring with what lies below it, and the contract itself.
import { CURSOR, KEY, LIMIT, MEMBER, PREFIX } from './parameters.ts';
import type { Route, RouteAnswer } from './route.ts';
import { ref } from './schemas.ts';

const stored = (path: string) => ({
  method: 'PUT',
  path,
  headers: { 'Content-Type': 'text/plain' },
  body: 'hello',
});

const json = (about: string, name: Parameters<typeof ref>[0]): RouteAnswer => ({
  about,
  content: { 'application/json': ref(name) },
});

export const KEYS: Route = {
  id: 'listKeys',
  method: 'get',
  path: '/v1/keys',
  tag: 'keys',
  summary: 'List keys, page by page',
  about:
    'In the order of their hashes. A page can have fewer keys than its limit, or none, and still a ' +
    'cursor. Each slot is read as a quorum of its members sees it; the whole is not a snapshot. ' +
    'A page ends before a slot that cannot be read; the page after it fails with the reason.',
  parameters: [PREFIX, LIMIT, CURSOR, MEMBER],
  answers: { 200: json('A page.', 'Keys') },
  errors: ['NOT_FOUND', 'QUORUM_UNAVAILABLE', 'STALE_EPOCH', 'CORRUPT_RECORD', 'TIMEOUT'],
  examples: [
    {
      title: 'All keys that start with user',
      first: [stored('/v1/kv/user-1')],
      request: { method: 'GET', path: '/v1/keys?prefix=user-1' },
      status: 200,
      answer: { keys: [{ key: 'user-1', etag: 'pAx4ecx5f-D' }], cursor: null },
    },
  ],
};

export const RING: Route = {
  id: 'readRing',
  method: 'get',
  path: '/v1/ring',
  tag: 'ring',
  summary: 'Members, slots, quorums, the change under way, and the ring document',
  parameters: [],
  answers: { 200: json('The ring as this node holds it.', 'Ring') },
  errors: [],
  examples: [{ title: 'The ring', request: { method: 'GET', path: '/v1/ring' }, status: 200 }],
};

export const OWNER: Route = {
  id: 'readOwner',
  method: 'get',
  path: '/v1/ring/owner/{key}',
  tag: 'ring',
  summary: 'Who holds a key: hash, slot, preference list, and the sets that a write must reach',
  parameters: [KEY],
  answers: { 200: json('Where the key lies.', 'Owner') },
  errors: ['BAD_KEY'],
  examples: [
    {
      title: 'Who holds it?',
      request: { method: 'GET', path: '/v1/ring/owner/greeting' },
      status: 200,
    },
  ],
};

export const CHECK: Route = {
  id: 'checkRing',
  method: 'get',
  path: '/v1/ring/check',
  tag: 'ring',
  summary: 'Whether all members hold the same ring',
  parameters: [],
  answers: { 200: json('Each member’s epoch and document hash, and what is wrong.', 'Check') },
  errors: [],
  examples: [{ title: 'Check', request: { method: 'GET', path: '/v1/ring/check' }, status: 200 }],
};

/** The ring drawn: path, media type. */
export const DRAWINGS = {
  dot: drawing('dot', 'text/vnd.graphviz', 'Graphviz'),
  mmd: drawing('mmd', 'application/vnd.mermaid', 'Mermaid'),
  svg: drawing('svg', 'image/svg+xml', 'SVG'),
} as const;

function drawing(extension: string, type: string, name: string): Route {
  const path = `/v1/ring.${extension}`;
  return {
    id: `drawRingAs${name}`,
    method: 'get',
    path,
    tag: 'ring',
    summary: `The ring drawn as ${name}`,
    parameters: [],
    answers: { 200: { about: 'The drawing.', content: { [type]: { type: 'string' } } } },
    errors: [],
    examples: [{ title: name, request: { method: 'GET', path }, status: 200 }],
  };
}

export const CONTRACT: Route = {
  id: 'readContract',
  method: 'get',
  path: '/openapi.json',
  tag: 'contract',
  summary: 'This document',
  parameters: [],
  answers: {
    200: { about: 'OpenAPI 3.1.', content: { 'application/json': { type: 'object' } } },
  },
  errors: [],
  examples: [
    { title: 'The contract', request: { method: 'GET', path: '/openapi.json' }, status: 200 },
  ],
};
