// Environment and flags → NodeConfig, parsed once. Every complaint names the setting, what was
// given and what would be right.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nodeId } from '../core/api/ids.ts';
import type { NodeId } from '../core/api/ids.ts';
import { environmentName, SETTINGS } from './settings.ts';
import type { Flag } from './settings.ts';

/** Where to listen. Port 0: the system chooses. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface NodeConfig {
  readonly id: NodeId;
  readonly dataFolder: string;
  readonly client: Endpoint;
  readonly admin: Endpoint;
  readonly peer: Endpoint;
  /** host:port of the peer port as others see it; null: as it listens. */
  readonly advertise: string | null;
  readonly clusterSecret: Buffer;
  readonly adminToken: string;
  readonly ephemeral: boolean;
  readonly durability: 'sync' | 'relaxed';
  readonly cacheBytes: number;
  /** Infinity: handoff is not throttled. */
  readonly handoffBytesPerSecond: number;
  /** `*` alone: every origin. */
  readonly corsOrigins: readonly string[];
  /** UID of the volume; null: the data folder's inode. */
  readonly volumeUid: string | null;
  /** False: requests are not counted, and there is no page. */
  readonly metrics: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'json' | 'pretty';
}

/** The settings are wrong: each complaint on a line of its own. */
export class ConfigError extends Error {}

/** Bytes below which a secret could be guessed. */
const SECRET_BYTES_MIN = 16;

export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
}

/** Throws ConfigError with all complaints at once. */
export function parseConfig({ args, environment, isTerminal }: Surroundings): NodeConfig {
  const raw = rawSettings(args, environment);
  const complaints: string[] = [];
  const take = <T>(flag: Flag, parse: (text: string) => T): T => {
    const text = raw.get(flag) ?? '';
    try {
      return parse(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      complaints.push(`--${flag} (${environmentName(flag)}): ${why}`);
      return undefined as T;
    }
  };
  const config: NodeConfig = {
    id: take('id', parseId),
    dataFolder: take('data', (text) => (raw.get('ephemeral') === 'true' ? text : present(text))),
    client: take('client', parseEndpoint),
    admin: take('admin', parseEndpoint),
    peer: take('peer', parseEndpoint),
    advertise: take('advertise', (text) => (text === '' ? null : parseAdvertised(text))),
    clusterSecret: take('cluster-secret-file', readSecret),
    adminToken: take('admin-token-file', (text) => readSecret(text).toString('utf8')),
    ephemeral: take('ephemeral', (text) => oneOf(text, ['true', 'false']) === 'true'),
    durability: take('durability', (text) => oneOf(text, ['sync', 'relaxed'])),
    cacheBytes: take('cache-bytes', parseBytes),
    handoffBytesPerSecond: take('handoff-bytes-per-second', (text) => parseBytes(text) || Infinity),
    corsOrigins: take('cors-origins', parseOrigins),
    volumeUid: take('volume-uid', (text) => (text === '' ? null : text)),
    metrics: take('metrics', (text) => oneOf(text, ['true', 'false']) === 'true'),
    logLevel: take('log-level', (text) => oneOf(text, ['debug', 'info', 'warn', 'error'])),
    logFormat: take('log-format', (text) => {
      const format = oneOf(text, ['auto', 'json', 'pretty']);
      return format === 'auto' ? (isTerminal ? 'pretty' : 'json') : format;
    }),
  };
  if (complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return config;
}

function rawSettings(
  args: readonly string[],
  environment: Surroundings['environment'],
): ReadonlyMap<Flag, string> {
  const options = Object.fromEntries(
    SETTINGS.map(({ flag }) => [flag, { type: 'string' as const }]),
  );
  let flags: Readonly<Record<string, unknown>>;
  try {
    flags = parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
  const raw = new Map<Flag, string>();
  for (const { flag, fallback } of SETTINGS) {
    const given = (flags[flag] as string | undefined) ?? environment[environmentName(flag)];
    const text = given ?? fallback;
    if (text !== null) raw.set(flag, text);
  }
  return raw;
}

function present(text: string): string {
  if (text === '') throw new Error('is required');
  return text;
}

function parseId(text: string): NodeId {
  if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(present(text))) {
    throw new Error(`"${text}" is no name: 1 to 63 of a-z, 0-9, "-" and ".", such as dev-0`);
  }
  return nodeId(text);
}

/** `host:port`, `[v6]:port` or `:port` (all addresses). */
function parseEndpoint(text: string): Endpoint {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) {
    throw new Error(`"${text}" is no address: give HOST:PORT with a port of 0 to 65535`);
  }
  const host = match[1]!.replace(/^\[|\]$/g, '');
  return { host: host === '' ? '::' : host, port };
}

function parseAdvertised(text: string): string {
  const { host, port } = parseEndpoint(text);
  if (host === '::' || host === '0.0.0.0') {
    throw new Error(`"${text}" cannot be reached by others: name a host`);
  }
  if (port === 0) throw new Error(`"${text}" has port 0: name the port that others reach`);
  return text;
}

function readSecret(path: string): Buffer {
  let secret: Buffer;
  try {
    secret = Buffer.from(readFileSync(present(path), 'utf8').trim());
  } catch (error) {
    throw new Error(path === '' ? 'is required' : `cannot read ${path}: ${codeOf(error)}`, {
      cause: error,
    });
  }
  if (secret.length < SECRET_BYTES_MIN) {
    throw new Error(`${path} holds ${secret.length} bytes; ${SECRET_BYTES_MIN} or more are needed`);
  }
  return secret;
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}

function oneOf<T extends string>(text: string, choices: readonly T[]): T {
  if (!choices.includes(text as T))
    throw new Error(`"${text}" is not one of ${choices.join(', ')}`);
  return text as T;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

function parseBytes(text: string): number {
  const match = /^(\d{1,12})(Ki|Mi|Gi)?$/.exec(text);
  if (match === null) throw new Error(`"${text}" is no size: give bytes, such as 67108864 or 64Mi`);
  return Number(match[1]) * UNITS[match[2] ?? '']!;
}

function parseOrigins(text: string): readonly string[] {
  const origins = text
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  for (const origin of origins) {
    if (origin !== '*' && !(URL.canParse(origin) && new URL(origin).origin === origin)) {
      throw new Error(
        `"${origin}" is no origin: give scheme, host and port, such as https://app.example`,
      );
    }
  }
  return origins;
}
