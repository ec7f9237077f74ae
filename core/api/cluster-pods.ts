// The part of DhtCluster's spec that says what each member gets on Kubernetes: its volume, processor
// time, memory and place. A ring of plain processes takes none of it.
import { BYTES_PATTERN, CORES_PATTERN } from './quantity.ts';
import type { ChoiceSchema, IntegerOrTextSchema, ObjectSchema, TextSchema } from './schema.ts';

const NOT_LOCAL = 'Processes on one machine ignore it.';
const BYTES_IN_WORDS = 'a whole number with its unit, such as 512Mi or 10Gi';

const bytes = <D extends object>(description: string, more: D) =>
  ({
    type: 'string',
    minLength: 2,
    maxLength: 8,
    pattern: BYTES_PATTERN,
    expects: BYTES_IN_WORDS,
    description,
    ...more,
  }) as const satisfies TextSchema;

const cores = <D extends object>(description: string, more: D) =>
  ({
    type: 'int-or-string',
    minimum: 0,
    maximum: 999,
    maxLength: 7,
    pattern: CORES_PATTERN,
    expects: 'a number of cores such as 2, 250m or "0.5"',
    description,
    ...more,
  }) as const satisfies IntegerOrTextSchema;

/** 1 GiB: below it the disk reserve (256 MiB) and the store's own files leave little for data. */
export const VOLUME_BYTES_MIN = 2 ** 30;

export const VOLUME = {
  size: bytes(
    'Size of the volume of each member, at least 1Gi. It can grow while the ring runs, where the ' +
      `storage class lets volumes grow, and never shrink. Not used where ephemeral is true. ${NOT_LOCAL}`,
    { default: '10Gi' },
  ),
  storageClassName: {
    type: 'string',
    minLength: 1,
    maxLength: 253,
    pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
    expects: 'the name of a StorageClass: lower-case letters, digits, hyphens and dots',
    description:
      'StorageClass of the volumes. Left out: the default class of the Kubernetes cluster. Cannot ' +
      `be changed, added or taken away later. ${NOT_LOCAL}`,
  },
  retention: {
    type: 'object',
    default: {},
    description: `What becomes of volumes that no member needs any more. ${NOT_LOCAL}`,
    properties: {
      whenScaled: {
        type: 'string',
        enum: ['Delete', 'Retain'],
        default: 'Delete',
        description:
          'The volume of a member that has left the ring. Either way it goes or stays only once its ' +
          'slots are proved to be held by others. Retain: it stays with a mark that its data is ' +
          'old, and a member that gets it again starts empty.',
      },
      whenDeleted: {
        type: 'string',
        enum: ['Delete', 'Retain'],
        default: 'Retain',
        description:
          'The volumes of all members when this DhtCluster is deleted. Retain: they stay, and a ' +
          'DhtCluster of the same name finds its data again. Delete: all data goes with it.',
      },
    },
  },
} as const satisfies Record<string, TextSchema | ObjectSchema>;

/** How memory that is left out is worked out; the parser does it. Frozen: another formula restarts rings. */
const MEMORY_REQUEST = 'storage.cacheBytes + 256 MiB';
const MEMORY_LIMIT = '2 x storage.cacheBytes + 1 GiB';

export const RESOURCES = {
  type: 'object',
  default: {},
  description:
    'Processor time and memory of each member. A change restarts the members, one at a time. ' +
    NOT_LOCAL,
  properties: {
    requests: {
      type: 'object',
      default: {},
      description: 'What a host must have free, so that a member is placed on it.',
      properties: {
        cpu: cores('Cores.', { default: '100m' }),
        memory: bytes(
          'Memory. Left out: what the cache needs and some more, not above the limit.',
          {
            filled: MEMORY_REQUEST,
          },
        ),
      },
    },
    limits: {
      type: 'object',
      default: {},
      description: 'What a member may use at most.',
      properties: {
        cpu: cores(
          'Cores. Left out: as many as are free. A limit makes members slow in bursts.',
          {},
        ),
        memory: bytes(
          'Memory; a member that needs more is killed. At least 256 MiB above storage.cacheBytes; ' +
            'where ephemeral is true, all data of the member must fit as well.',
          { filled: MEMORY_LIMIT },
        ),
      },
    },
  },
} as const satisfies ObjectSchema;

/** A label's name: an optional DNS name before a slash, and up to 63 characters. */
const LABEL_NAME =
  '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';

export const PLACES = {
  zoneKey: {
    type: 'string',
    minLength: 1,
    maxLength: 317,
    pattern: LABEL_NAME,
    expects: 'the name of a label, such as topology.kubernetes.io/zone',
    default: 'topology.kubernetes.io/zone',
    description:
      'Label of hosts that names their zone; hosts without it are in one zone. Cannot be changed ' +
      `later. ${NOT_LOCAL}`,
  },
  spread: {
    type: 'string',
    enum: ['preferred', 'required'],
    default: 'preferred',
    description:
      'preferred: members are spread evenly over zones and hosts as far as there is room. ' +
      'required: a member waits rather than stand where the zones would become uneven by more than ' +
      `one, or where a member of the ring is already. ${NOT_LOCAL}`,
  },
} as const satisfies Record<string, TextSchema | ChoiceSchema>;

export const IMAGE = {
  type: 'string',
  minLength: 1,
  maxLength: 512,
  pattern: '^[a-zA-Z0-9][-a-zA-Z0-9._:/@]*$',
  expects: 'the name of an image, such as registry.example.com/ringkeeper:1.2.3',
  description:
    'Container image of the members. A change restarts them, one at a time. Left out: the ' +
    "operator's own image; the members of a running ring keep theirs when the operator is upgraded, " +
    `until restartedAt is changed (condition RequiresUpdate). ${NOT_LOCAL}`,
} as const satisfies TextSchema;
