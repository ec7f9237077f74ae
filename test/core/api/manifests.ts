// Sample manifests, good and bad, with the problems that are expected of each. The parser's test and
// the CRD's test read the same table and must come to the same verdict.
import { HEAD, whole } from './sample.ts';
import type { Sample } from './sample.ts';
import { OVERLAYS, PODS } from './specs-of-pods.ts';
import { SPECS } from './specs.ts';

const NAME_HELP =
  'give a name of up to 40 lower-case letters, digits and hyphens that starts with a ' +
  'letter and ends with no hyphen';

const WHOLE: readonly Sample[] = [
  whole('the least that works', `${HEAD}metadata: {name: dev}`),
  whole(
    'all that Kubernetes adds',
    `${HEAD}metadata: {name: dev, namespace: rings, uid: 0a, generation: 3,
    labels: {team: a}, annotations: {note: b}, resourceVersion: "7"}\nspec: {}\nstatus: {replicas: 3}`,
  ),
  whole('a name of 40 characters', `${HEAD}metadata: {name: ${'a'.repeat(40)}}`),
  whole(
    'a name of 41 characters',
    `${HEAD}metadata: {name: ${'a'.repeat(41)}}`,
    `metadata.name: "${'a'.repeat(41)}" is too long; give at most 40 characters`,
  ),
  whole(
    'a name in capitals',
    `${HEAD}metadata: {name: Dev}`,
    `metadata.name: "Dev" is not usable; ${NAME_HELP}`,
  ),
  whole(
    'a name that no Service may have',
    `${HEAD}metadata: {name: 3ring}`,
    `metadata.name: "3ring" is not usable; ${NAME_HELP}`,
  ),
  whole(
    'a name with a dot',
    `${HEAD}metadata: {name: a.b}`,
    `metadata.name: "a.b" is not usable; ${NAME_HELP}`,
  ),
];

/** Refused before the schema is asked: by kubectl, or by the API server's own checks. */
export const HEADS: readonly Sample[] = [
  whole('no name', `${HEAD}metadata: {}`, `metadata.name: is missing; ${NAME_HELP}`),
  whole('no metadata', HEAD, 'metadata: is missing; give at least a name'),
  whole(
    'text for metadata',
    `${HEAD}metadata: dev`,
    'metadata: "dev" is text; give at least a name',
  ),
  whole(
    'a number as label',
    `${HEAD}metadata: {name: dev, labels: {tier: 1}}`,
    'metadata.labels.tier: 1 is a number; give text, in quotes',
  ),
  whole(
    'a list of labels',
    `${HEAD}metadata: {name: dev, labels: [a]}`,
    'metadata.labels: is a list; give names with texts',
  ),
  whole(
    'a number as namespace',
    `${HEAD}metadata: {name: dev, namespace: 7}`,
    'metadata.namespace: 7 is a number; give text',
  ),
  whole(
    'another kind',
    'apiVersion: dht.ringkeeper.dev/v1alpha1\nkind: Deployment\nmetadata: {name: dev}',
    'kind: "Deployment" is not known; give DhtCluster',
  ),
  whole(
    'no kind and an old version',
    'apiVersion: dht.ringkeeper.dev/v1\nmetadata: {name: dev}',
    'apiVersion: "dht.ringkeeper.dev/v1" is not known; give dht.ringkeeper.dev/v1alpha1',
    'kind: is missing; give DhtCluster',
  ),
  whole(
    'a field of the spec outside of it',
    `${HEAD}metadata: {name: dev}\nreplicas: 3`,
    'replicas: there is no such field; did you mean spec.replicas?',
  ),
  whole(
    'an unknown field at the top',
    `${HEAD}metadata: {name: dev}\ndata: 3`,
    'data: there is no such field; known here: apiVersion, kind, metadata, spec, status',
  ),
  whole(
    'a list for the spec',
    `${HEAD}metadata: {name: dev}\nspec: [1]`,
    'spec: is a list; give fields such as replicas, replicationFactor, slotBits',
  ),
  whole(
    'an empty document',
    '',
    'the manifest is empty; give fields apiVersion, kind: DhtCluster, metadata and spec',
  ),
  whole(
    'a list of manifests',
    '[{}]',
    'the manifest is a list; give fields apiVersion, kind: DhtCluster, metadata and spec',
  ),
  whole(
    'a sentence',
    'a ring, please',
    'the manifest is "a ring, please"; give fields apiVersion, kind: DhtCluster, metadata and spec',
  ),
];

export const SAMPLES: readonly Sample[] = [...SPECS, ...PODS, ...OVERLAYS, ...WHOLE];
