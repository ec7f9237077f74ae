// Sample specs: each field of a DhtCluster, as it should be and in every way it was got wrong.
import { bad, good } from './sample.ts';
import type { Sample } from './sample.ts';

const LABEL_HELP = 'give lower-case letters, digits and hyphens, with no hyphen at either end';

const RING: readonly Sample[] = [
  good('nothing but defaults', '{}'),
  good('five members', 'replicas: 5'),
  good('one member with one copy', '{replicas: 1, replicationFactor: 1}'),
  good('two members with two copies', '{replicas: 2, replicationFactor: 2}'),
  good('the largest ring', '{replicas: 1024, replicationFactor: 7}'),
  good('the smallest number of slots', 'slotBits: 3'),
  good('a whole number with a decimal point', 'replicas: 4.0'),
  good('an empty entry', 'replicas:\nstorage:\n'),
  bad(
    'fewer members than copies',
    'replicas: 2',
    'spec.replicas: 2 is below spec.replicationFactor 3; raise replicas or lower replicationFactor',
  ),
  bad(
    'no members',
    'replicas: 0',
    'spec.replicas: 0 is below 1; give a whole number from 1 to 1024',
  ),
  bad(
    'a negative number',
    'replicas: -3',
    'spec.replicas: -3 is below 1; give a whole number from 1 to 1024',
  ),
  bad(
    'too many members',
    'replicas: 1025',
    'spec.replicas: 1025 is above 1024; give a whole number from 1 to 1024',
  ),
  bad(
    'half a member',
    'replicas: 3.5',
    'spec.replicas: 3.5 is not a whole number; give a whole number from 1 to 1024',
  ),
  bad(
    'a number as text',
    'replicas: "3"',
    'spec.replicas: "3" is text; give a whole number from 1 to 1024',
  ),
  bad(
    'a number in words',
    'replicas: three',
    'spec.replicas: "three" is text; give a whole number from 1 to 1024',
  ),
  bad(
    'a list for a number',
    'replicas: [3]',
    'spec.replicas: is a list; give a whole number from 1 to 1024',
  ),
  bad(
    'a set of fields for a number',
    'replicas: {count: 3}',
    'spec.replicas: is a set of fields; give a whole number from 1 to 1024',
  ),
  bad(
    'infinitely many members',
    'replicas: .inf',
    'spec.replicas: Infinity is not a whole number; give a whole number from 1 to 1024',
  ),
  bad(
    'eight copies',
    '{replicas: 9, replicationFactor: 8}',
    'spec.replicationFactor: 8 is above 7; give a whole number from 1 to 7',
  ),
  bad(
    'too few slots',
    'slotBits: 2',
    'spec.slotBits: 2 is below 3; give a whole number from 3 to 16',
  ),
  bad(
    'too many slots',
    'slotBits: 17',
    'spec.slotBits: 17 is above 16; give a whole number from 3 to 16',
  ),
  bad('a boolean in quotes', 'paused: "yes"', 'spec.paused: "yes" is text; give true or false'),
  bad(
    'a word that YAML 1.2 reads as text',
    'paused: on',
    'spec.paused: "on" is text; give true or false',
  ),
  bad(
    'several things wrong at once',
    '{replicas: 0, paused: 1}',
    'spec.replicas: 0 is below 1; give a whole number from 1 to 1024',
    'spec.paused: 1 is a number; give true or false',
  ),
];

const CONSISTENCY: readonly Sample[] = [
  good('quorums spelled out', 'consistency: {read: 2, write: 2}'),
  good('read one, write all', 'consistency: {read: 1, write: 3}'),
  good('write all, the read quorum left out', 'consistency: {write: 3}'),
  good('sloppy with one of each', 'consistency: {mode: sloppy, read: 1, write: 1}'),
  good('the last writer wins', 'consistency: {conflicts: lastWriterWins}'),
  bad(
    'quorums that may miss each other',
    'consistency: {read: 1, write: 2}',
    'spec.consistency: with mode strict, read 1 + write 2 is not above spec.replicationFactor 3: a read ' +
      'could miss an acknowledged write; raise read to 2 or write to 3, or set mode to sloppy',
  ),
  bad(
    'a write quorum that the default read may miss',
    'consistency: {write: 1}',
    'spec.consistency: with mode strict, read 2 + write 1 is not above spec.replicationFactor 3: a read ' +
      'could miss an acknowledged write; raise read to 3 or write to 2, or set mode to sloppy',
  ),
  bad(
    'a read quorum above the copies',
    'consistency: {read: 4}',
    'spec.consistency.read: 4 is above spec.replicationFactor 3; give at most 3, or leave it out for a majority',
  ),
  bad(
    'a write quorum above the only copy',
    '{replicas: 1, replicationFactor: 1, consistency: {write: 2}}',
    'spec.consistency.write: 2 is above spec.replicationFactor 1; give at most 1, or leave it out for a majority',
  ),
  bad(
    'a sloppy quorum above the copies',
    'consistency: {mode: sloppy, write: 5}',
    'spec.consistency.write: 5 is above spec.replicationFactor 3; give at most 3, or leave it out for a majority',
  ),
  bad(
    'a quorum of nobody',
    'consistency: {read: 0}',
    'spec.consistency.read: 0 is below 1; give a whole number from 1 to 7',
  ),
  bad(
    'a mode with a slip of the pen',
    'consistency: {mode: stict}',
    'spec.consistency.mode: "stict" is not known; give strict or sloppy; did you mean strict?',
  ),
  bad(
    'an unheard-of mode',
    'consistency: {mode: eventual}',
    'spec.consistency.mode: "eventual" is not known; give strict or sloppy',
  ),
  bad(
    'a number as mode',
    'consistency: {mode: 1}',
    'spec.consistency.mode: 1 is a number; give strict or sloppy',
  ),
  bad(
    'another spelling of a choice',
    'consistency: {conflicts: lastwriterwins}',
    'spec.consistency.conflicts: "lastwriterwins" is not known; give siblings or lastWriterWins; ' +
      'did you mean lastWriterWins?',
  ),
  bad(
    'a word where fields belong',
    'consistency: strict',
    'spec.consistency: "strict" is text; give fields such as read, write, mode',
  ),
];

const DATA: readonly Sample[] = [
  good('a cache ring', 'storage: {ephemeral: true}'),
  good('relaxed durability', 'storage: {durability: relaxed, cacheBytes: 1048576}'),
  good(
    'small values, short hints',
    'limits: {valueBytesMax: 1, hintAgeSeconds: 60, tombstoneGraceSeconds: 66}',
  ),
  good('a throttled handoff', 'handoff: {maxBytesPerSecond: 65536}'),
  good('a handoff without a limit', 'handoff: {maxBytesPerSecond: 0}'),
  bad(
    'an unheard-of durability',
    'storage: {durability: async}',
    'spec.storage.durability: "async" is not known; give sync or relaxed; did you mean sync?',
  ),
  bad(
    'a cache too small to be one',
    'storage: {cacheBytes: 1000}',
    'spec.storage.cacheBytes: 1000 is below 1048576; give a whole number from 1048576 to 68719476736',
  ),
  bad(
    'a size with a unit',
    'storage: {cacheBytes: 64Mi}',
    'spec.storage.cacheBytes: "64Mi" is text; give a whole number from 1048576 to 68719476736',
  ),
  bad(
    'a value larger than a frame',
    'limits: {valueBytesMax: 8388608}',
    'spec.limits.valueBytesMax: 8388608 is above 4194304; give a whole number from 1 to 4194304',
  ),
  bad(
    'tombstones that go before the hints',
    'limits: {tombstoneGraceSeconds: 3600}',
    'spec.limits.tombstoneGraceSeconds: 3600 is not above hintAgeSeconds 10800 + operationTimeoutSeconds 5: ' +
      'a late hint could bring a deleted key back; raise tombstoneGraceSeconds or lower hintAgeSeconds',
  ),
  bad(
    'a grace that is not longer',
    'limits: {hintAgeSeconds: 60, tombstoneGraceSeconds: 65}',
    'spec.limits.tombstoneGraceSeconds: 65 is not above hintAgeSeconds 60 + operationTimeoutSeconds 5: ' +
      'a late hint could bring a deleted key back; raise tombstoneGraceSeconds or lower hintAgeSeconds',
  ),
  bad(
    'an endless operation',
    'limits: {operationTimeoutSeconds: 600}',
    'spec.limits.operationTimeoutSeconds: 600 is above 60; give a whole number from 1 to 60',
  ),
  bad(
    'a handoff that never ends',
    'handoff: {maxBytesPerSecond: 100}',
    'spec.handoff.maxBytesPerSecond: 100 is too slow to end; give at least 65536, or 0 for no limit',
  ),
];

const OPERATION: readonly Sample[] = [
  good('members to take out', 'decommission: [dev-1, dev-2]'),
  good('three zones', 'topology: {zones: [a, b, c]}'),
  good(
    'pages that may call',
    'http: {corsOrigins: ["https://app.example.com", "http://localhost:3000", "*"]}',
  ),
  good('a restart', 'restartedAt: "2030-01-01T00:00:00Z"'),
  good('times', '{replaceAfterSeconds: 600, abortAfterSeconds: 5}'),
  good('a place on this machine', 'local: {directory: /srv/ring, clientPort: 9000}'),
  bad(
    'one member for a list',
    'decommission: dev-1',
    'spec.decommission: "dev-1" is text; give a list',
  ),
  bad(
    'a member named twice',
    'decommission: [dev-1, dev-0, dev-1]',
    'spec.decommission[2]: "dev-1" stands at spec.decommission[0] already; name each once',
  ),
  bad(
    'a member that cannot be',
    'decommission: [Dev_1]',
    `spec.decommission[0]: "Dev_1" is not usable; ${LABEL_HELP}`,
  ),
  bad(
    'a member by its ordinal',
    'decommission: [1]',
    `spec.decommission[0]: 1 is a number; ${LABEL_HELP}, in quotes`,
  ),
  bad('an empty name', 'decommission: [""]', `spec.decommission[0]: is empty; ${LABEL_HELP}`),
  bad('nothing in a list', 'decommission: [~]', `spec.decommission[0]: is empty; ${LABEL_HELP}`),
  bad(
    'more members to take out than a ring has',
    `decommission: [${Array.from({ length: 1025 }, (_, i) => `dev-${String(i)}`).join(', ')}]`,
    'spec.decommission: has 1025 items; give at most 1024',
  ),
  bad(
    'a zone with a space',
    'topology: {zones: [north side]}',
    `spec.topology.zones[0]: "north side" is not usable; ${LABEL_HELP}`,
  ),
  bad(
    'an origin with a path',
    'http: {corsOrigins: ["https://example.com/app"]}',
    'spec.http.corsOrigins[0]: "https://example.com/app" is not usable; give an origin such as ' +
      'https://app.example.com, without a path, or *',
  ),
  bad(
    'an origin without a scheme',
    'http: {corsOrigins: [example.com]}',
    'spec.http.corsOrigins[0]: "example.com" is not usable; give an origin such as ' +
      'https://app.example.com, without a path, or *',
  ),
  bad(
    'a restart by number',
    'restartedAt: 5',
    'spec.restartedAt: 5 is a number; give text, in quotes',
  ),
  bad(
    'a novel as restart',
    `restartedAt: ${'x'.repeat(65)}`,
    `spec.restartedAt: "${'x'.repeat(57)}..." is too long; give at most 64 characters`,
  ),
  good('64 characters outside the basic plane', `restartedAt: "${'🜁'.repeat(64)}"`),
  bad(
    '65 characters outside the basic plane',
    `restartedAt: "${'🜁'.repeat(65)}"`,
    `spec.restartedAt: "${'🜁'.repeat(28)}\\ud83d..." is too long; give at most 64 characters`,
  ),
  bad(
    'a hasty replacement',
    'replaceAfterSeconds: 1',
    'spec.replaceAfterSeconds: 1 is below 10; give a whole number from 10 to 604800',
  ),
  bad(
    'a port out of range',
    'local: {clientPort: 65536}',
    'spec.local.clientPort: 65536 is above 65535; give a whole number from 1 to 65535',
  ),
  bad(
    'an empty folder name',
    'local: {directory: ""}',
    'spec.local.directory: is empty; give text',
  ),
];

const UNKNOWN: readonly Sample[] = [
  bad(
    'a slip of the pen',
    'replica: 3',
    'spec.replica: there is no such field; did you mean replicas?',
  ),
  bad(
    'two letters swapped',
    'storage: {durabiltiy: sync}',
    'spec.storage.durabiltiy: there is no such field; did you mean durability?',
  ),
  bad(
    'a field in the wrong place',
    'ephemeral: true',
    'spec.ephemeral: there is no such field; did you mean spec.storage.ephemeral?',
  ),
  bad(
    'a field that is not there yet',
    'limits: {tls: true}',
    'spec.limits.tls: there is no such field; known here: valueBytesMax, hintAgeSeconds, ' +
      'tombstoneGraceSeconds, operationTimeoutSeconds',
  ),
  bad(
    'a name with spaces',
    'handoff: {"bytes per day": 1}',
    'spec.handoff["bytes per day"]: there is no such field; known here: maxBytesPerSecond',
  ),
  bad(
    'a name of the language',
    'handoff: {constructor: 1}',
    'spec.handoff.constructor: there is no such field; known here: maxBytesPerSecond',
  ),
];

export const SPECS: readonly Sample[] = [
  ...RING,
  ...CONSISTENCY,
  ...DATA,
  ...OPERATION,
  ...UNKNOWN,
];
