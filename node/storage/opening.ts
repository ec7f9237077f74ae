// From a data folder to an open store: whether it may be used at all, whose it is (R9), and what the
// replica finds in it.
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { Incarnation } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { decodeDocument } from '../../core/membership/encoding.ts';
import type { StoredActor, StoredState } from '../../core/replica/effects.ts';
import type { Level } from './batch.ts';
import {
  codeOf,
  FOLDER_FORMAT,
  newerFormat,
  newIncarnation,
  readIdentity,
  volumeOf,
  writeIdentity,
} from './identity.ts';
import { ALL_HINTS, metaKey, metaRange, parseHintKey, parseMetaName } from './keys.ts';
import { hasHole } from './log-audit.ts';
import { openHint, openText, sealText } from './record.ts';
import type { Identity } from './storage.ts';

/** Names of meta values. */
export const META = {
  format: 'format',
  incarnation: 'incarnation',
  document: 'document',
  actor: 'actor',
  mark: 'mark/',
} as const;

export interface OpenedFolder {
  readonly db: Level;
  readonly identity: Identity;
  readonly state: StoredState;
  /** Where LevelDB's files lie. */
  readonly files: string;
  /** The store was made just now: it holds no record. */
  readonly isNew: boolean;
}

/** The folder exists. Throws STORE_LOCKED, STORE_FAILED or NEWER_FORMAT. */
export async function openFolder(
  folder: string,
  volumeUid: string | undefined,
): Promise<OpenedFolder> {
  const known = await readIdentity(folder);
  const volume = await volumeOf(folder, volumeUid, known?.volume);
  const files = join(folder, 'store');
  // A folder that is to be emptied may be as damaged as it likes.
  if (known?.volume === volume && (await hasHole(files))) {
    throw failed(folder, 'writes are missing from the middle of its log', undefined);
  }
  // LevelDB's own lock on the folder guards all that follows.
  const db = await openLevel(folder, files);
  try {
    const meta = await readMeta(folder, db);
    const format = Number(meta.get(META.format) ?? FOLDER_FORMAT);
    if (format > FOLDER_FORMAT) throw newerFormat(folder, String(format));
    const holder = meta.get(META.incarnation);
    if (known !== null && known.volume === volume && holder === known.incarnation) {
      return { db, identity: known, files, state: await readState(folder, db, meta), isNew: false };
    }
    const identity = await startAnew(folder, db, volume);
    return { db, identity, files, state: await readState(folder, db, new Map()), isNew: true };
  } catch (cause) {
    await db.close();
    if (cause instanceof RingError) throw cause;
    throw failed(folder, 'it cannot be read', cause);
  }
}

/**
 * R9: an emptied or foreign folder becomes a new incarnation. The identity file comes last: a crash
 * on the way leaves a folder that does not agree with itself, which is foreign again.
 */
async function startAnew(folder: string, db: Level, volume: string): Promise<Identity> {
  const identity = { incarnation: newIncarnation(), volume };
  await db.clear();
  const meta = [
    [META.format, String(FOLDER_FORMAT)],
    [META.incarnation, identity.incarnation],
  ] as const;
  await db.batch(
    meta.map(([name, text]) => {
      const key = metaKey(name);
      return { type: 'put', key, value: sealText(key, text) };
    }),
    { sync: true },
  );
  await writeIdentity(folder, identity);
  return identity;
}

async function openLevel(folder: string, files: string): Promise<Level> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(files, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: 16 * 1024 * 1024,
  });
  try {
    await db.open();
    return db;
  } catch (thrown) {
    // abstract-level says that the database is not open; why not is in the cause.
    const cause = (thrown as Error).cause ?? thrown;
    if (codeOf(cause) === 'LEVEL_LOCKED') {
      throw new RingError(
        'STORE_LOCKED',
        `another process has the data folder ${folder} open: stop it, ` +
          'or give each node a folder of its own',
        { cause },
      );
    }
    throw failed(folder, 'LevelDB cannot open it', cause);
  }
}

async function readMeta(folder: string, db: Level): Promise<Map<string, string>> {
  const { from, to } = metaRange('');
  const meta = new Map<string, string>();
  for await (const [stored, sealed] of db.iterator({ gte: from, lt: to })) {
    const text = openText(stored, sealed);
    const name = parseMetaName(stored);
    if (text === null) throw failed(folder, `the checksum of its ${name} does not hold`, undefined);
    meta.set(name, text);
  }
  return meta;
}

async function readState(
  folder: string,
  db: Level,
  meta: ReadonlyMap<string, string>,
): Promise<StoredState> {
  const document = meta.get(META.document);
  const actor = meta.get(META.actor);
  const marks = new Map<string, string>();
  for (const [name, text] of meta) {
    if (name.startsWith(META.mark)) marks.set(name.slice(META.mark.length), text);
  }
  try {
    return {
      document: document === undefined ? null : decodeDocument(document),
      actor: actor === undefined ? null : (JSON.parse(actor) as StoredActor),
      marks,
      hints: await tallyHints(db),
    };
  } catch (cause) {
    throw failed(folder, 'its document, actor or hints cannot be read', cause);
  }
}

/** Items and bytes by target. Damaged hints are removed: anti-entropy does their work. */
async function tallyHints(db: Level): Promise<StoredState['hints']> {
  const tally = new Map<Incarnation, { items: number; bytes: number }>();
  const damaged: Uint8Array[] = [];
  const { from, to } = ALL_HINTS;
  for await (const [stored, sealed] of db.iterator({ gte: from, lt: to })) {
    const parsed = parseHintKey(stored);
    if (parsed === null || openHint(stored, sealed) === 'corrupt') {
      damaged.push(stored);
      continue;
    }
    const known = tally.get(parsed.target) ?? { items: 0, bytes: 0 };
    known.items++;
    known.bytes += stored.length + sealed.length;
    tally.set(parsed.target, known);
  }
  await db.batch(
    damaged.map((key) => ({ type: 'del', key })),
    { sync: true },
  );
  return tally;
}

function failed(folder: string, why: string, cause: unknown): RingError {
  return new RingError(
    'STORE_FAILED',
    `the store in ${folder} cannot be relied on: ${why}. Move the ` +
      'folder away and start again: the node comes back empty as a new incarnation and is filled by the ' +
      'others. Do not repair it: a repaired store may lack writes that this node vouched for',
    { cause },
  );
}
