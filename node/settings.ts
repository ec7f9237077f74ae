// The table of a node's settings: one row each, from which flags, environment and help are made.

/** One setting as the user meets it: `--flag VALUE` or RINGKEEPER_FLAG in the environment. */
export interface Setting {
  readonly flag: string;
  readonly value: string;
  /** null: it must be given. */
  readonly fallback: string | null;
  readonly help: string;
}

export const SETTINGS = [
  { flag: 'id', value: 'NAME', fallback: null, help: 'stable name of this member, such as dev-0' },
  {
    flag: 'data',
    value: 'FOLDER',
    fallback: '',
    help: 'data folder, required unless ephemeral; ports.json in it says where it listens',
  },
  {
    flag: 'cluster-secret-file',
    value: 'FILE',
    fallback: null,
    help: 'secret that all nodes of the ring share, 16 bytes or more',
  },
  {
    flag: 'admin-token-file',
    value: 'FILE',
    fallback: null,
    help: 'bearer token of the admin calls, 16 bytes or more',
  },
  {
    flag: 'client',
    value: 'HOST:PORT',
    fallback: '127.0.0.1:8080',
    help: 'where clients are served; port 0 takes a free one',
  },
  {
    flag: 'admin',
    value: 'HOST:PORT',
    fallback: '127.0.0.1:8081',
    help: 'health, metrics and admin calls',
  },
  {
    flag: 'peer',
    value: 'HOST:PORT',
    fallback: '127.0.0.1:8082',
    help: 'where other nodes are served',
  },
  {
    flag: 'advertise',
    value: 'HOST:PORT',
    fallback: '',
    help: 'address of the peer port as others see it; default: where it listens',
  },
  {
    flag: 'ephemeral',
    value: 'true|false',
    fallback: 'false',
    help: 'keep everything in memory: a cache ring',
  },
  {
    flag: 'durability',
    value: 'sync|relaxed',
    fallback: 'sync',
    help: 'relaxed acknowledges before the disk has synced',
  },
  {
    flag: 'cache-bytes',
    value: 'BYTES',
    fallback: '64Mi',
    help: 'records kept in memory in front of the store',
  },
  {
    flag: 'handoff-bytes-per-second',
    value: 'BYTES',
    fallback: '0',
    help: 'what this node pulls at most while slots move to it; 0: as fast as it can',
  },
  {
    flag: 'cors-origins',
    value: 'ORIGIN,...',
    fallback: '',
    help: 'web origins whose pages may call this node; * for all',
  },
  {
    flag: 'volume-uid',
    value: 'UID',
    fallback: '',
    help: 'identity of the volume; default: the inode of the data folder',
  },
  {
    flag: 'metrics',
    value: 'true|false',
    fallback: 'true',
    help: 'false: requests are not counted, and there is no /metrics',
  },
  {
    flag: 'log-level',
    value: 'debug|info|warn|error',
    fallback: 'info',
    help: 'least important line that is logged',
  },
  {
    flag: 'log-format',
    value: 'auto|json|pretty',
    fallback: 'auto',
    help: 'auto: pretty on a terminal, JSON elsewhere',
  },
] as const satisfies readonly Setting[];

export type Flag = (typeof SETTINGS)[number]['flag'];

/** `cluster-secret-file` → `RINGKEEPER_CLUSTER_SECRET_FILE`. */
export function environmentName(flag: Flag): string {
  return `RINGKEEPER_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** What `--help` prints. */
export function helpText(): string {
  const rows = SETTINGS.map(({ flag, value, fallback, help }) => {
    const left = `  --${flag} ${value}`.padEnd(38);
    const why = fallback === null ? ' (required)' : fallback === '' ? '' : ` (${fallback})`;
    return `${left}${help}${why}`;
  });
  return [
    'One node of a Ringkeeper ring.',
    '',
    'usage: node node/main.ts --id NAME --data FOLDER ...',
    '',
    ...rows,
    '',
    'Each flag can be given as RINGKEEPER_<FLAG> in the environment; a flag wins.',
    '',
    'exit codes',
    '  0    stopped in order',
    '  2    a setting is missing or wrong',
    '  3    the store cannot be opened or relied on',
    '  4    a port cannot be listened on',
    '  5    this incarnation may not go on (rolled-back store, split ring)',
    '  70   a bug',
    '  130  stopped at once by a second signal',
    '',
  ].join('\n');
}
