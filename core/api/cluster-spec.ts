// DhtCluster's spec, declared once. What a field promises works, or the field isn't there yet.
import {
  ABORT_AFTER_MS,
  CACHE_BYTES,
  CLIENT_PORT,
  DATA_LIMITS,
  MEMBERS_MAX,
  REPLICATION_FACTOR_MAX,
  SLOT_BITS,
  SLOT_BITS_MAX,
  SLOT_BITS_MIN,
} from '../limits.ts';
import { IMAGE, PLACES, POD_TEMPLATE, RESOURCES, VOLUME } from './cluster-pods.ts';
import type { ChoiceSchema, ObjectSchema, Parsed } from './schema.ts';

const LABEL = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
const LABEL_IN_WORDS = 'lower-case letters, digits and hyphens, with no hyphen at either end';

/** How a quorum that is left out is worked out; the parser does it. */
const MAJORITY = 'replicationFactor / 2 + 1';

const CONSISTENCY = {
  type: 'object',
  default: {},
  description: 'How many replicas must take part, and what becomes of concurrent writes.',
  properties: {
    read: {
      type: 'integer',
      minimum: 1,
      maximum: REPLICATION_FACTOR_MAX,
      filled: MAJORITY,
      description:
        'R: replicas that must answer a read. Left out: a majority of ' +
        'replicationFactor. A request can ask for another number with ?r=.',
    },
    write: {
      type: 'integer',
      minimum: 1,
      maximum: REPLICATION_FACTOR_MAX,
      filled: MAJORITY,
      description:
        'W: replicas that must hold a write durably before it is acknowledged. Left ' +
        'out: a majority of replicationFactor. A request can ask for another number with ?w=.',
    },
    mode: {
      type: 'string',
      enum: ['strict', 'sloppy'],
      default: 'strict',
      description:
        'strict: R + W is above N, so every read meets the last acknowledged write. ' +
        'sloppy: stand-ins may acknowledge a write for replicas that are away, so a read may ' +
        'miss it for a while.',
    },
    conflicts: {
      type: 'string',
      enum: ['siblings', 'lastWriterWins'],
      default: 'siblings',
      description:
        'siblings: concurrent writes are all kept, and the reader settles them. ' +
        'lastWriterWins: reads show the later one by hybrid clock and hide the others, which are kept ' +
        'until the next write of the key replaces them.',
    },
  },
} as const satisfies ObjectSchema;

const STORAGE = {
  type: 'object',
  default: {},
  description: 'How members keep their data.',
  properties: {
    ephemeral: {
      type: 'boolean',
      default: false,
      description:
        'true: everything is kept in memory only, as a cache; a member that restarts ' +
        'comes back empty and is rebuilt from the others. Cannot be changed later.',
    },
    durability: {
      type: 'string',
      enum: ['sync', 'relaxed'],
      default: 'sync',
      description:
        'sync: a write is acknowledged once it would survive a loss of power. relaxed: ' +
        'once the operating system has it; faster, and a loss of power can take the ' +
        'last moments.',
    },
    cacheBytes: {
      type: 'integer',
      minimum: 1024 ** 2,
      maximum: 64 * 1024 ** 3,
      default: CACHE_BYTES,
      description: 'Bytes of records that each member keeps in memory in front of its store.',
    },
    ...VOLUME,
  },
} as const satisfies ObjectSchema;

const LIMITS = {
  type: 'object',
  default: {},
  description:
    'Limits that stored data depends on. They are written into the ring when it starts ' +
    'and cannot be changed later.',
  properties: {
    valueBytesMax: {
      type: 'integer',
      minimum: 1,
      maximum: 4 * 1024 ** 2,
      default: DATA_LIMITS.valueBytesMax,
      description: 'Bytes of the largest value that is accepted.',
    },
    hintAgeSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 7 * 24 * 3600,
      default: DATA_LIMITS.hintAgeMs / 1000,
      description:
        'Seconds that a write is kept for a replica that is away; a longer absence is ' +
        'healed by comparing replicas.',
    },
    tombstoneGraceSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 366 * 24 * 3600,
      default: DATA_LIMITS.tombstoneGraceMs / 1000,
      description:
        'Seconds that the mark of a deleted key is kept at least, so that a replica ' +
        'that was away cannot bring the key back. Longer than hintAgeSeconds + ' +
        'operationTimeoutSeconds.',
    },
    operationTimeoutSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 60,
      default: DATA_LIMITS.operationMs / 1000,
      description: 'Seconds after which a request that found no quorum is answered with an error.',
    },
  },
} as const satisfies ObjectSchema;

const HANDOFF = {
  type: 'object',
  default: {},
  description: 'How slots move between members when the ring changes.',
  properties: {
    maxBytesPerSecond: {
      type: 'integer',
      minimum: 0,
      maximum: 10 * 1024 ** 3,
      default: 0,
      description:
        'Bytes a second that a member sends at most while slots move; at least 65536. ' +
        '0: as fast as it can.',
    },
  },
} as const satisfies ObjectSchema;

const TOPOLOGY = {
  type: 'object',
  default: {},
  description: 'Where members fail together.',
  properties: {
    zones: {
      type: 'array',
      maxItems: 16,
      default: [],
      'x-kubernetes-list-type': 'set',
      items: {
        type: 'string',
        minLength: 1,
        maxLength: 63,
        pattern: LABEL,
        expects: LABEL_IN_WORDS,
        description: 'Name of a zone.',
      },
      description:
        'Zones over which a ring on one machine is spread, in turn by ordinal; with ' +
        'replicationFactor zones or more, each slot has its copies in different ones. Empty: all ' +
        'members are in one zone, "local". Cannot be changed later. Kubernetes ignores it.',
    },
    ...PLACES,
  },
} as const satisfies ObjectSchema;

const HTTP = {
  type: 'object',
  default: {},
  description: 'The REST interface.',
  properties: {
    corsOrigins: {
      type: 'array',
      maxItems: 64,
      default: [],
      'x-kubernetes-list-type': 'set',
      items: {
        type: 'string',
        minLength: 1,
        maxLength: 300,
        pattern: '^([*]|https?://[^\\s/?#]+)$',
        expects: 'an origin such as https://app.example.com, without a path, or *',
        description: 'An origin, or * for all.',
      },
      description: 'Web origins whose pages may call the REST interface. Empty: none.',
    },
  },
} as const satisfies ObjectSchema;

const LOCAL = {
  type: 'object',
  default: {},
  description: 'Settings of a ring of plain processes on one machine; Kubernetes ignores them.',
  properties: {
    directory: {
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      description:
        'Folder of all data, logs and the ring document, relative to where the operator ' +
        'was started. Left out: a folder named after the ring.',
    },
    clientPort: {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: CLIENT_PORT,
      description: 'Port of the one client address of the whole ring.',
    },
  },
} as const satisfies ObjectSchema;

const LOG_LEVEL = {
  type: 'string',
  enum: ['debug', 'info', 'warn', 'error'],
  description:
    'Least important level of what members log. debug tells of every request, so that ' +
    '`dht logs --request ID` can follow one; it costs speed. A change restarts the members, one at a ' +
    'time. Left out: info; on one machine what RINGKEEPER_LOG_LEVEL of the operator says.',
} as const satisfies ChoiceSchema;

export const SPEC = {
  type: 'object',
  description: 'What the ring should be.',
  properties: {
    replicas: {
      type: 'integer',
      minimum: 1,
      maximum: MEMBERS_MAX,
      default: 3,
      description:
        'Members of the ring. May be changed at any time, also while a change is under ' + 'way.',
    },
    replicationFactor: {
      type: 'integer',
      minimum: 1,
      maximum: REPLICATION_FACTOR_MAX,
      default: 3,
      description: 'N: members that hold a copy of each key. Not above replicas.',
    },
    slotBits: {
      type: 'integer',
      minimum: SLOT_BITS_MIN,
      maximum: SLOT_BITS_MAX,
      default: SLOT_BITS,
      description:
        'The ring is cut into 2^slotBits slots, the unit of ownership and movement. ' +
        'Cannot be changed later.',
    },
    consistency: CONSISTENCY,
    image: IMAGE,
    storage: STORAGE,
    resources: RESOURCES,
    podTemplate: POD_TEMPLATE,
    limits: LIMITS,
    handoff: HANDOFF,
    decommission: {
      type: 'array',
      maxItems: MEMBERS_MAX,
      default: [],
      'x-kubernetes-list-type': 'set',
      items: {
        type: 'string',
        minLength: 1,
        maxLength: 63,
        pattern: LABEL,
        expects: LABEL_IN_WORDS,
        description: 'Name of a member, such as dev-1.',
      },
      description:
        'Members to take out after their slots were handed off, whatever their ordinal. ' +
        'The ring keeps as many members as replicas says.',
    },
    paused: {
      type: 'boolean',
      default: false,
      description: 'true: the operator observes and reports, and starts no change.',
    },
    hibernate: {
      type: 'boolean',
      default: false,
      description:
        'true: once no slot lacks a copy and no change is under way, all members are stopped and ' +
        'their volumes kept. false again: they start with the same data. Processes on one machine ' +
        'ignore it.',
    },
    restartedAt: {
      type: 'string',
      maxLength: 64,
      description:
        'Any text, such as the present time: when it changes, all members are ' +
        'restarted, one at a time.',
    },
    replaceAfterSeconds: {
      type: 'integer',
      minimum: 10,
      maximum: 7 * 24 * 3600,
      description:
        'Seconds that a member may be silent, its volume kept, until its replacement is ' +
        'weighed. Left out: never by time alone; a lost volume is replaced at once.',
    },
    abortAfterSeconds: {
      type: 'integer',
      minimum: 5,
      maximum: 24 * 3600,
      default: ABORT_AFTER_MS / 1000,
      description:
        'Seconds without progress of a joining member after which its change is ' + 'withdrawn.',
    },
    topology: TOPOLOGY,
    http: HTTP,
    logLevel: LOG_LEVEL,
    local: LOCAL,
  },
} as const satisfies ObjectSchema;

/** The spec with every default filled in. */
export type ClusterSpec = Parsed<typeof SPEC>;
