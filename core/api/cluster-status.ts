// DhtCluster's status, declared once: what the operator tells about the ring. Only for people and
// other controllers; the operator itself decides by the ring document, never by this.
import { MEMBERS_MAX, WAITS_MAX } from '../limits.ts';
import type { IntegerSchema, ObjectSchema, TextSchema } from './schema.ts';

const count = (description: string): IntegerSchema => ({
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description,
});
const word = (description: string): TextSchema => ({ type: 'string', maxLength: 253, description });
const sentence = (description: string): TextSchema => ({
  type: 'string',
  maxLength: 32768,
  description,
});
const instant = (description: string): TextSchema => ({
  type: 'string',
  maxLength: 64,
  format: 'date-time',
  description,
});

const RING = {
  type: 'object',
  description: 'The ring as its stored document and its members say.',
  required: ['epoch', 'phase', 'underReplicatedSlots', 'movingSlots'],
  properties: {
    epoch: count('Number of the ring document; only grows.'),
    phase: {
      type: 'string',
      enum: ['stable', 'write-both', 'read-new'],
      description: 'Phase of the ring change: stable, write-both or read-new.',
    },
    underReplicatedSlots: count('Slots with fewer live copies than replicationFactor.'),
    movingSlots: count('Slots that change hands or are not yet cleaned up at those who lost them.'),
    balance: {
      type: 'number',
      minimum: 0,
      description: 'Replicated slots of the busiest member, as a multiple of the mean; 1 is even.',
    },
    keys: count(
      'Records of the ring, each counted once: its keys, and marks of deleted ones until those are ' +
        'collected.',
    ),
  },
} as const satisfies ObjectSchema;

const MEMBER = {
  type: 'object',
  description: 'One incarnation of a member.',
  required: ['name', 'incarnation', 'state'],
  properties: {
    name: word('Name of the member, such as dev-0.'),
    incarnation: word('Identity of its data directory; a new one for an emptied volume.'),
    state: {
      type: 'string',
      enum: ['joining', 'serving', 'leaving', 'left', 'lost'],
      description: 'joining, serving, leaving or left; lost: its volume is proved gone.',
    },
    zone: word('Zone in which it runs.'),
    slots: count('Slots that it holds a copy of.'),
    keys: count('Records that it holds a copy of: keys, and marks of deleted ones.'),
    bytes: count('Bytes of its records.'),
    receipt: {
      type: 'boolean',
      description:
        'true: it has left, and others are proved to hold its keys: its pod and its volume may go. ' +
        'Left out: they stay.',
    },
    diskFull: {
      type: 'boolean',
      description: 'true: its disk is full, it takes no more values. Left out: there is room.',
    },
  },
} as const satisfies ObjectSchema;

const OPERATION = {
  type: 'object',
  description: 'The ring change under way; absent: none.',
  required: ['id', 'kind', 'phase', 'started'],
  properties: {
    id: word('Identity of the change.'),
    kind: word('What it does, in words: join dev-3, dev-4.'),
    phase: word('Phase that it has reached.'),
    started: instant('When it was stored.'),
    keysDone: count('Records that arrived at their new members.'),
    keysTotal: count('Records that the change moves.'),
    bytesDone: count('Bytes that arrived.'),
    bytesTotal: count('Bytes that the change moves.'),
    eta: instant('When it should end at the present rate.'),
    waitingFor: sentence('What it waits for, and what would unblock it; empty: nothing.'),
  },
} as const satisfies ObjectSchema;

/** All of them, most important first; conditions tell of the first only. */
const WAIT = {
  type: 'object',
  description: 'Something that waits.',
  required: ['reason', 'message', 'since'],
  properties: {
    reason: word('Why, in one CamelCase word; docs/runbooks has a page of that name.'),
    message: sentence('What is waited for, for people.'),
    unblock: sentence('What would unblock it.'),
    members: {
      type: 'array',
      maxItems: 2 * MEMBERS_MAX,
      items: word('Name of a member.'),
      'x-kubernetes-list-type': 'atomic',
      description: 'Whom it is about.',
    },
    since: instant('When it began, as far as the present operator knows.'),
  },
} as const satisfies ObjectSchema;

/** The shape of metav1.Condition. */
const CONDITION = {
  type: 'object',
  description: 'One aspect of the state.',
  required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
  properties: {
    type: {
      type: 'string',
      minLength: 1,
      maxLength: 316,
      description: 'The aspect, such as Ready.',
      pattern: '^[A-Za-z]([A-Za-z0-9]*)$',
      expects: 'a word in CamelCase',
    },
    status: {
      type: 'string',
      enum: ['True', 'False', 'Unknown'],
      description: 'True, False or Unknown.',
    },
    observedGeneration: count('Generation of the spec that this was judged by.'),
    lastTransitionTime: instant('When status last changed.'),
    reason: {
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      description: 'Why, in one CamelCase word.',
      pattern: '^[A-Za-z]([A-Za-z0-9_]*)$',
      expects: 'a word in CamelCase',
    },
    message: sentence('Why, for people, and what would unblock it.'),
  },
} as const satisfies ObjectSchema;

export const STATUS = {
  type: 'object',
  description: 'What the ring is.',
  properties: {
    observedGeneration: count('Generation of the spec that this status belongs to.'),
    phase: word('One word for display only; conditions say more.'),
    replicas: count('Members that the platform runs.'),
    readyReplicas: count('Members that serve.'),
    selector: word('Label selector of the members, for autoscalers.'),
    ring: RING,
    members: {
      // A name stands twice while a new incarnation replaces an old one, so both are the key.
      type: 'array',
      maxItems: 2 * MEMBERS_MAX,
      items: MEMBER,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name', 'incarnation'],
      description: 'All incarnations that the ring document names.',
    },
    operation: OPERATION,
    waits: {
      type: 'array',
      maxItems: WAITS_MAX,
      items: WAIT,
      'x-kubernetes-list-type': 'atomic',
      description: 'Everything that waits, most important first. kubectl dht why explains them.',
    },
    conditions: {
      type: 'array',
      maxItems: 32,
      items: CONDITION,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      description: 'Ready, Reconciling, Stalled, RingConverged, ReplicationSatisfied and others.',
    },
  },
} as const satisfies ObjectSchema;
