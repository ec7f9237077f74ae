// The part of DhtCluster's spec that says what each member gets on Kubernetes: its volume, processor
// time, memory and place. A ring of plain processes takes none of it.
import { BYTES_PATTERN, CORES_PATTERN } from './quantity.ts';
import type {
  ChoiceSchema,
  IntegerOrTextSchema,
  MapSchema,
  ObjectSchema,
  TextSchema,
} from './schema.ts';

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

/** Of a label's value: Kubernetes takes no others. */
const LABEL_VALUE = {
  type: 'string',
  maxLength: 63,
  pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$',
  expects: 'letters, digits, hyphens, underscores and dots, the first and last a letter or digit',
  description: 'Value of the label.',
} as const satisfies TextSchema;

const NAMES = {
  pattern: LABEL_NAME,
  expects: 'a name such as team or example.com/team',
} as const;

/** Labels and annotations that the operator sets itself begin so. */
export const OURS_BEGIN = ['app.kubernetes.io/', 'dht.ringkeeper.dev/'] as const;
const NOT_OURS = `Those that begin with ${OURS_BEGIN.join(' or ')} are the operator's.`;

const map = <V extends TextSchema>(maxProperties: number, description: string, values: V) =>
  ({
    type: 'map',
    maxProperties,
    default: {},
    names: NAMES,
    values,
    description,
  }) as const satisfies MapSchema;

const TOLERATION = {
  type: 'object',
  description: 'A taint of hosts that members put up with.',
  properties: {
    key: {
      type: 'string',
      maxLength: 317,
      description: 'Name of the taint. Left out: all, and operator must be Exists.',
    },
    operator: {
      type: 'string',
      enum: ['Exists', 'Equal'],
      default: 'Equal',
      description: 'Exists: whatever its value. Equal: only with this value.',
    },
    value: { type: 'string', maxLength: 63, description: 'Value of the taint; empty for Exists.' },
    effect: {
      type: 'string',
      enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
      description: 'Effect of the taint. Left out: all effects.',
    },
    tolerationSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 7 * 24 * 3600,
      description: 'For NoExecute: seconds until a member leaves after all. Left out: never.',
    },
  },
} as const satisfies ObjectSchema;

export const POD_TEMPLATE = {
  type: 'object',
  default: {},
  description:
    'What the pods of members have beside what the operator gives them. A change restarts the ' +
    `members, one at a time. ${NOT_LOCAL}`,
  properties: {
    labels: map(32, `Labels of the pods. ${NOT_OURS}`, LABEL_VALUE),
    annotations: map(32, `Annotations of the pods. ${NOT_OURS}`, {
      type: 'string',
      maxLength: 4096,
      description: 'Text of the annotation.',
    }),
    nodeSelector: map(
      32,
      'Labels that a host must have, so that a member may run there.',
      LABEL_VALUE,
    ),
    tolerations: {
      type: 'array',
      maxItems: 32,
      default: [],
      'x-kubernetes-list-type': 'atomic',
      items: TOLERATION,
      description: 'Taints of hosts that members put up with.',
    },
    priorityClassName: {
      type: 'string',
      minLength: 1,
      maxLength: 253,
      pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
      expects: 'the name of a PriorityClass: lower-case letters, digits, hyphens and dots',
      description: 'PriorityClass of the pods. Left out: the default of the Kubernetes cluster.',
    },
    imagePullSecrets: {
      type: 'array',
      maxItems: 16,
      default: [],
      'x-kubernetes-list-type': 'set',
      items: {
        type: 'string',
        minLength: 1,
        maxLength: 253,
        pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
        expects: 'the name of a Secret: lower-case letters, digits, hyphens and dots',
        description: 'Name of a Secret of the same namespace.',
      },
      description: 'Secrets with which the image is pulled from a private registry.',
    },
  },
} as const satisfies ObjectSchema;
