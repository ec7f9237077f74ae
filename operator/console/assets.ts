// The page's files, read once a process: no build step, since types are taken off when they are served. Our own
// modules keep their places relative to one another; libraries are named by the import map.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

export interface Assets {
  /** By the path that a browser asks for. */
  readonly files: ReadonlyMap<string, Asset>;
  /** Lets the import map, which stands in the page, pass the content security policy. */
  readonly importMapHash: string;
}

const HERE = import.meta.dirname;
const PAGE = join(HERE, 'page');
/** Modules of ours beside the page's that it may load, from the folder of `operator`. */
const SHARED = ['words'];
const LIBRARIES = {
  htm: { of: 'htm', file: 'dist/htm.module.js' },
  preact: { of: 'preact', file: 'dist/preact.mjs' },
  'preact/hooks': { of: 'preact', file: 'hooks/dist/hooks.mjs' },
} as const;

let known: Assets | null = null;

/** Read when the first page asks: an operator that nobody looks at pays nothing. */
export function assets(): Assets {
  known ??= readAssets();
  return known;
}

function readAssets(): Assets {
  const files = new Map<string, Asset>();
  const imports: Record<string, string> = {};
  for (const [name, { of, file }] of Object.entries(LIBRARIES)) {
    const path = `/lib/${name.replace('/', '-')}.js`;
    imports[name] = path;
    const text = readFileSync(join(packageFolder(of), file), 'utf8');
    // Where there is a source map it is not served.
    files.set(path, asset('text/javascript', text.replace(/\/\/# sourceMappingURL=.*\s*$/, '')));
  }
  // Built for an image, they are JavaScript already.
  const ending = existsSync(join(PAGE, 'main.ts')) ? 'ts' : 'js';
  const modules = readdirSync(PAGE).filter(
    (file) => file.endsWith(`.${ending}`) && !file.endsWith('.d.ts'),
  );
  for (const file of modules) files.set(`/page/console/page/${file}`, moduleAt(join(PAGE, file)));
  for (const name of SHARED)
    files.set(`/page/${name}.${ending}`, moduleAt(join(HERE, '..', `${name}.${ending}`)));
  files.set('/style.css', asset('text/css', readFileSync(join(PAGE, 'style.css'), 'utf8')));
  files.set('/icon.svg', asset('image/svg+xml', readFileSync(join(PAGE, 'icon.svg'), 'utf8')));
  const importMap = JSON.stringify({ imports });
  const index = readFileSync(join(PAGE, 'index.html'), 'utf8')
    .replace('IMPORT_MAP', importMap)
    .replace('MAIN_MODULE', `/page/console/page/main.${ending}`);
  files.set('/', asset('text/html', index));
  // What counts is the element's text, blanks and all.
  const text = /<script type="importmap">([^<]*)<\/script>/.exec(index)?.[1] ?? '';
  const digest = createHash('sha256').update(text).digest('base64');
  return { files, importMapHash: `sha256-${digest}` };
}

function moduleAt(path: string): Asset {
  const text = readFileSync(path, 'utf8');
  return asset(
    'text/javascript',
    path.endsWith('.ts') ? quietly(() => stripTypeScriptTypes(text)) : text,
  );
}

function asset(type: string, text: string): Asset {
  const body = Buffer.from(text);
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { type: `${type}; charset=utf-8`, body, gzipped: gzipSync(body), etag: `"${digest}"` };
}

function packageFolder(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!existsSync(join(folder, 'package.json')) || !folder.endsWith(name))
    folder = dirname(folder);
  return folder;
}

/** Node warns once that stripping types is experimental; whoever runs a ring can do nothing with that. */
function quietly<T>(work: () => T): T {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
