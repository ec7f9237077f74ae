// Rings whose state lies on this machine, and the address of one elsewhere.
import { join, resolve } from 'node:path';
import { nodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { CLIENT_PORT } from '../../core/limits.ts';
import { readIfThere } from '../local/durable-file.ts';
import { lockHolder } from '../local/lock.ts';
import type { OperatorFile } from '../local/open.ts';
import { readRecord } from '../local/process.ts';
import { isAlive } from '../local/process-identity.ts';
import { clustersIn, stateFolderOf } from '../local/state-folder.ts';
import type { StateFolder } from '../local/state-folder.ts';
import { readPublished } from '../local/published.ts';
import type { RingStatus } from '../local/status.ts';
import { CommandFailed, EXIT } from './exit.ts';
import type { GlobalOptions } from './target.ts';
import { unattended } from './unattended.ts';

/** The options that every command of `dht` takes. */
export interface LocalOptions extends GlobalOptions {
  readonly state: string;
  readonly url?: string;
}

/** A ring that an operator runs on this machine, or ran. */
export interface LocalRing {
  readonly folder: StateFolder;
  readonly operator: OperatorFile;
  /** Whether an operator runs it now. */
  readonly isOperated: boolean;
}

/**
 * Throws CommandFailed: not found where no ring has state here, or where several have and none is
 * named; usage where a URL was given, which may name another ring than the one that lies here.
 */
export async function localRing({ state, cluster, url }: LocalOptions): Promise<LocalRing> {
  if (url !== undefined) {
    throw new CommandFailed(
      EXIT.usage,
      `this needs the operator's state folder, which ${url} does not give: ` +
        'leave --url (RINGKEEPER_URL) away',
    );
  }
  const base = resolve(state);
  const names = await clustersIn(base);
  const name = cluster ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined || !names.includes(name)) throw noRing(base, names, cluster);
  const folder = await stateFolderOf(base, name);
  const operator = folder === null ? null : await readOperator(folder);
  if (folder === null || operator === null) throw noRing(base, names, cluster);
  return { folder, operator, isOperated: (await lockHolder(folder.lock)) !== null };
}

/** All rings that have state here. */
export async function localRings(options: LocalOptions): Promise<readonly LocalRing[]> {
  const names =
    options.cluster === undefined ? await clustersIn(resolve(options.state)) : [options.cluster];
  return await Promise.all(names.map((cluster) => localRing({ ...options, cluster })));
}

/** Where clients of the ring go: `--url`, else the local ring's address, else the default one. */
export async function clientUrl(options: LocalOptions, via?: string): Promise<string> {
  if (via !== undefined) return await nodeUrl(options, via);
  if (options.url !== undefined) return checkedUrl(options.url);
  try {
    const ring = await localRing(options);
    return (ring.isOperated ? null : await livingNode(ring)) ?? ring.operator.url;
  } catch (error) {
    if (options.cluster !== undefined || !(error instanceof CommandFailed)) throw error;
    return `http://localhost:${CLIENT_PORT}`;
  }
}

function checkedUrl(url: string): string {
  if (/^https?:\/\/[^/]/.test(url)) return url.replace(/\/+$/, '');
  throw new CommandFailed(
    EXIT.usage,
    `--url ${url} is no URL: give one such as http://${url.includes(':') ? url : 'localhost:8080'}`,
  );
}

/** The one address of the ring went with its operator; its nodes serve on. null: none lives. */
async function livingNode(ring: LocalRing): Promise<string | null> {
  const { members } = await readStatus(ring);
  return members.find(({ serving }) => serving)?.client ?? null;
}

/**
 * The last status that the operator published; where none runs, with what the nodes' processes tell
 * now. Throws CommandFailed (not found) where there is none.
 */
export async function readStatus({ folder, isOperated }: LocalRing): Promise<RingStatus> {
  const status = await readPublished(folder);
  if (status === null)
    throw new CommandFailed(EXIT.notFound, `${folder.cluster}: no status was published yet`);
  if (isOperated) return status;
  const living = await Promise.all(
    status.members.map(async ({ name }) => {
      const record = await readRecord(folder.processFile(nodeId(name)));
      return record !== null && isAlive(record) ? [name] : [];
    }),
  );
  return unattended(status, (name) => living.flat().includes(name));
}

async function nodeUrl(options: LocalOptions, via: string): Promise<string> {
  if (/^https?:\/\//.test(via)) return via.replace(/\/+$/, '');
  const { members } = await readStatus(await localRing(options));
  const url = members.find((member) => member.name === via)?.client;
  if (url !== null && url !== undefined) return url;
  const known = members.map((member) => member.name).join(', ');
  throw new CommandFailed(EXIT.notFound, `there is no node ${via}; known: ${known}`);
}

async function readOperator(folder: StateFolder): Promise<OperatorFile | null> {
  const text = await readIfThere(folder.operator);
  if (text === null) return null;
  try {
    return JSON.parse(text) as OperatorFile;
  } catch (cause) {
    throw new RingError('INTERNAL', `${join(folder.root, 'operator.json')} is damaged`, { cause });
  }
}

function noRing(base: string, names: readonly string[], wanted: string | undefined): CommandFailed {
  if (wanted !== undefined) {
    return new CommandFailed(
      EXIT.notFound,
      `there is no ring ${wanted} in ${base}` +
        (names.length === 0 ? '' : `; known: ${names.join(', ')}`),
    );
  }
  return new CommandFailed(
    EXIT.notFound,
    names.length === 0
      ? `no ring has run from ${base}: start one with \`npm start\`, or name its state folder with --state`
      : `several rings have run from here: name one with --cluster (${names.join(', ')})`,
  );
}
