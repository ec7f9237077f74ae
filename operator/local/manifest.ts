// The manifest of a local cluster: a file that people edit while the ring runs. An edit that is not
// valid is told and changes nothing: the last good manifest stays in force.
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { checkUpdate } from '../../core/api/cluster.ts';
import type { DhtCluster } from '../../core/api/cluster.ts';
import { zone } from '../../core/api/ids.ts';
import type { NodeId, Zone } from '../../core/api/ids.ts';
import { problemText } from '../../core/api/schema.ts';
import { RingError } from '../../core/errors.ts';
import { desiredOf } from '../desired.ts';
import type { Desired } from '../planner/observed.ts';
import { readIfThere, writeDurably } from './durable-file.ts';
import { parseManifest } from './manifest-text.ts';
import { ordinalOf, stateFolderOf } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';

export interface Manifest {
  readonly cluster: DhtCluster;
  readonly desired: Desired;
}

export type ManifestEvent =
  | { readonly kind: 'changed'; readonly path: string; readonly summary: string }
  | { readonly kind: 'invalid'; readonly path: string; readonly problems: readonly string[] }
  | { readonly kind: 'missing'; readonly path: string };

export interface ManifestFile {
  readonly path: string;
  readonly folder: StateFolder;
  /** The last good one, after a look at the file. */
  read(): Promise<Manifest>;
  /** The last good one, without a look. */
  current(): Manifest;
  zoneOf(id: NodeId): Zone;
  /** Keeps a copy of the one in force, for a start beside a damaged file. */
  keep(): Promise<void>;
  close(): void;
}

export interface ManifestHooks {
  /** Called once for each edit. */
  told(event: ManifestEvent): void;
  /** The file may have changed. */
  changed(): void;
}

/** Throws MANIFEST_INVALID where neither the file nor the kept copy says what to run. */
export async function openManifest(
  path: string,
  base: string,
  hooks: ManifestHooks,
): Promise<ManifestFile> {
  const text = await readIfThere(path);
  const opened = await firstManifest(path, text, base, hooks);
  const { folder } = opened;
  let { manifest } = opened;
  let seen = text;
  const watcher = watchFile(path, () => {
    hooks.changed();
  });
  const keep = async (): Promise<void> => {
    await writeDurably(folder.manifest, JSON.stringify(manifest.cluster, null, 2));
  };
  const take = async (now: string): Promise<void> => {
    const read = nextManifest(manifest.cluster, now);
    if ('problems' in read) {
      hooks.told({ kind: 'invalid', path, problems: read.problems });
      return;
    }
    const summary = differences(manifest.cluster.spec, read.cluster.spec).join(', ');
    manifest = inForce(read.cluster);
    if (summary === '') return;
    await keep();
    hooks.told({ kind: 'changed', path, summary });
  };
  return {
    path,
    folder,
    keep,
    current: () => manifest,
    read: async () => {
      const now = await readIfThere(path);
      if (now === seen) return manifest;
      seen = now;
      if (now === null) hooks.told({ kind: 'missing', path });
      else await take(now);
      return manifest;
    },
    zoneOf: (id) => {
      const { zones } = manifest.cluster.spec.topology;
      return zone(zones[Math.max(0, ordinalOf(id)) % Math.max(1, zones.length)] ?? 'local');
    },
    close: () => watcher?.close(),
  };
}

async function firstManifest(
  path: string,
  text: string | null,
  base: string,
  hooks: ManifestHooks,
): Promise<{ manifest: Manifest; folder: StateFolder }> {
  if (text === null) throw new RingError('MANIFEST_INVALID', `${path}: there is no such file`);
  const read = parseManifest(text);
  const folder = await stateFolderOf(base, 'cluster' in read ? read.cluster : read.name);
  const keptText = folder === null ? null : await readIfThere(folder.manifest);
  const kept = keptText === null ? null : parseManifest(keptText);
  const old = kept !== null && 'cluster' in kept ? kept.cluster : null;
  const problems =
    'problems' in read
      ? read.problems
      : old === null
        ? []
        : checkUpdate(old, read.cluster).map(problemText);
  if ('cluster' in read && problems.length === 0 && folder !== null) {
    return { manifest: inForce(read.cluster), folder };
  }
  if (old === null || folder === null) {
    throw new RingError(
      'MANIFEST_INVALID',
      [`${path} is not valid:`, ...problems.map((line) => `  ${line}`)].join('\n'),
    );
  }
  hooks.told({ kind: 'invalid', path, problems });
  return { manifest: inForce(old), folder };
}

/** What the edited text asks for, or why the ring cannot become that. */
function nextManifest(
  old: DhtCluster,
  text: string,
): { readonly cluster: DhtCluster } | { readonly problems: readonly string[] } {
  const read = parseManifest(text);
  if ('problems' in read) return read;
  if (read.cluster.metadata.name !== old.metadata.name) {
    return {
      problems: [
        `metadata.name: is ${read.cluster.metadata.name} now; this operator runs ` +
          `${old.metadata.name}: change it back, or start another operator for the other ring`,
      ],
    };
  }
  const problems = checkUpdate(old, read.cluster).map(problemText);
  return problems.length > 0 ? { problems } : read;
}

function inForce(cluster: DhtCluster): Manifest {
  return { cluster, desired: desiredOf(cluster) };
}

/** Fields that differ, in words: `replicas 3 → 5`. */
function differences(before: object, after: object, path = ''): readonly string[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields.flatMap((field) => {
    const [old, now] = [before, after].map((spec) => (spec as Record<string, unknown>)[field]);
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    const at = path === '' ? field : `${path}.${field}`;
    return isPlain(old) && isPlain(now)
      ? differences(old, now, at)
      : [`${at} ${JSON.stringify(old) ?? 'unset'} → ${JSON.stringify(now) ?? 'unset'}`];
  });
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Editors replace files, so the folder is watched. Where that is impossible, the loop looks often enough. */
function watchFile(path: string, changed: () => void): FSWatcher | null {
  try {
    const watcher = watch(dirname(path), (_kind, name) => {
      if (name === null || name === basename(path)) changed();
    });
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return null;
  }
}
