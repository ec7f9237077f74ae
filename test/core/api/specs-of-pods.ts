// Sample specs about what a member gets on Kubernetes: volume, memory, processor time, place.
import { bad, good } from './sample.ts';
import type { Sample } from './sample.ts';

const SIZE_HELP = 'give a whole number with its unit, such as 512Mi or 10Gi';
const CORES_HELP = 'give a number of cores such as 2, 250m or "0.5"';

export const PODS: readonly Sample[] = [
  good(
    'a volume of a class',
    'storage: {size: 100Gi, storageClassName: fast.example.com, retention: {whenScaled: Retain, whenDeleted: Delete}}',
  ),
  good('the smallest volume', 'storage: {size: 1024Mi}'),
  good('cores as a number', 'resources: {requests: {cpu: 1}, limits: {cpu: 2}}'),
  good(
    'cores as text, and memory',
    'resources: {requests: {cpu: "0.5", memory: 1Gi}, limits: {cpu: 1500m, memory: 2Gi}}',
  ),
  good(
    'as much as is asked for',
    'resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1000m, memory: 1024Mi}}',
  ),
  good('a large cache without a word on memory', 'storage: {cacheBytes: 68719476736}'),
  good(
    'a memory limit that just holds the cache',
    '{storage: {cacheBytes: 67108864}, resources: {limits: {memory: 320Mi}}}',
  ),
  good(
    'an image by its digest',
    `image: "registry.example.com:5000/team/ringkeeper:1.2@sha256:${'0'.repeat(64)}"`,
  ),
  good('zones by rack, strictly', 'topology: {zoneKey: example.com/rack, spread: required}'),
  good('a sleeping ring', 'hibernate: true'),
  bad(
    'a volume without a unit',
    'storage: {size: 10}',
    `spec.storage.size: 10 is a number; ${SIZE_HELP}, in quotes`,
  ),
  bad(
    'a volume in pieces',
    'storage: {size: 1.5Gi}',
    `spec.storage.size: "1.5Gi" is not usable; ${SIZE_HELP}`,
  ),
  bad(
    'a unit with a slip of the pen',
    'storage: {size: 10GB}',
    `spec.storage.size: "10GB" is not usable; ${SIZE_HELP}`,
  ),
  bad(
    'a volume that is too small',
    'storage: {size: 1G}',
    'spec.storage.size: 1G is too small for a member; give at least 1Gi',
  ),
  bad(
    'a class with no name',
    'storage: {storageClassName: ""}',
    'spec.storage.storageClassName: is empty; give the name of a StorageClass: lower-case letters, ' +
      'digits, hyphens and dots',
  ),
  bad(
    'a retention that is not known',
    'storage: {retention: {whenScaled: delete}}',
    'spec.storage.retention.whenScaled: "delete" is not known; give Delete or Retain; did you mean Delete?',
  ),
  bad(
    'half a core as a number',
    'resources: {requests: {cpu: 0.5}}',
    `spec.resources.requests.cpu: 0.5 is not usable; ${CORES_HELP}`,
  ),
  bad(
    'less than no core',
    'resources: {requests: {cpu: -1}}',
    `spec.resources.requests.cpu: -1 is not usable; ${CORES_HELP}`,
  ),
  bad(
    'cores in words',
    'resources: {requests: {cpu: two}}',
    `spec.resources.requests.cpu: "two" is not usable; ${CORES_HELP}`,
  ),
  bad(
    'a list of cores',
    'resources: {requests: {cpu: [1]}}',
    `spec.resources.requests.cpu: is a list; ${CORES_HELP}`,
  ),
  bad(
    'more cores asked for than allowed',
    'resources: {requests: {cpu: 1500m}, limits: {cpu: 1}}',
    'spec.resources.requests.cpu: 1500m is above spec.resources.limits.cpu 1; lower it, or raise limits.cpu',
  ),
  bad(
    'the default cores above a small limit',
    'resources: {limits: {cpu: 50m}}',
    'spec.resources.requests.cpu: 100m is above spec.resources.limits.cpu 50m; lower it, or raise limits.cpu',
  ),
  bad(
    'more memory asked for than allowed',
    'resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}',
    'spec.resources.requests.memory: 2Gi is above spec.resources.limits.memory 1Gi; lower it, or raise limits.memory',
  ),
  bad(
    'a cache that the limit would kill',
    '{storage: {cacheBytes: 1073741824}, resources: {limits: {memory: 1Gi}}}',
    'spec.resources.limits.memory: 1Gi is less than 256 MiB above spec.storage.cacheBytes 1073741824: ' +
      'members would be killed once the cache is full; give at least 1280Mi, or lower cacheBytes',
  ),
  bad(
    'an image with a space',
    'image: my image',
    'spec.image: "my image" is not usable; give the name of an image, such as ' +
      'registry.example.com/ringkeeper:1.2.3',
  ),
  bad(
    'a label that cannot be',
    'topology: {zoneKey: /zone}',
    'spec.topology.zoneKey: "/zone" is not usable; give the name of a label, such as ' +
      'topology.kubernetes.io/zone',
  ),
  bad(
    'an unheard-of spread',
    'topology: {spread: even}',
    'spec.topology.spread: "even" is not known; give preferred or required',
  ),
  bad(
    'a cache that sleeps',
    '{hibernate: true, storage: {ephemeral: true}}',
    'spec.hibernate: with storage.ephemeral, members that stop would lose all data; leave hibernate ' +
      'out, or delete the ring',
  ),
];

const NAME = 'give a name such as team or example.com/team';
const VALUE =
  'give letters, digits, hyphens, underscores and dots, the first and last a letter or digit';
const TOLERATION = 'give a key with operator Equal, or operator Exists without a value';

export const OVERLAYS: readonly Sample[] = [
  good(
    'pods of a team on hosts of their own',
    `podTemplate:
  labels: {team: storage, example.com/tier: ""}
  annotations: {sidecar.example.com/inject: "false", note: "any text: ä"}
  nodeSelector: {disk: nvme}
  tolerations:
    - {key: dedicated, value: storage, effect: NoSchedule}
    - {operator: Exists, effect: NoExecute, tolerationSeconds: 60}
  priorityClassName: important
  imagePullSecrets: [registry, another.one]`,
  ),
  good('an empty entry among labels', 'podTemplate: {labels: {team: }, tolerations: [{key: a}]}'),
  good('two equal tolerations', 'podTemplate: {tolerations: [{key: a}, {key: a}]}'),
  bad(
    'a label of ours',
    'podTemplate: {labels: {app.kubernetes.io/name: mine}}',
    'spec.podTemplate.labels["app.kubernetes.io/name"]: is set by the operator; give it another name',
  ),
  bad(
    'an annotation of ours',
    'podTemplate: {annotations: {a: b, dht.ringkeeper.dev/revision: "0"}}',
    'spec.podTemplate.annotations["dht.ringkeeper.dev/revision"]: is set by the operator; give it another name',
  ),
  bad(
    'a label that is no text',
    'podTemplate: {labels: {tier: 1}}',
    `spec.podTemplate.labels.tier: 1 is a number; ${VALUE}, in quotes`,
  ),
  bad(
    'a label with a space',
    'podTemplate: {nodeSelector: {disk: solid state}}',
    `spec.podTemplate.nodeSelector.disk: "solid state" is not usable; ${VALUE}`,
  ),
  bad(
    'a name with a space',
    'podTemplate: {labels: {my team: a}}',
    `spec.podTemplate.labels["my team"]: is not usable as a name; ${NAME}`,
  ),
  bad(
    'a list of labels',
    'podTemplate: {labels: [team]}',
    'spec.podTemplate.labels: is a list; give names with texts',
  ),
  bad(
    'too many labels',
    `podTemplate: {labels: {${Array.from({ length: 33 }, (_, i) => `l${String(i)}: a`).join(', ')}}}`,
    'spec.podTemplate.labels: has 33 entries; give at most 32',
  ),
  bad(
    'a toleration of nothing',
    'podTemplate: {tolerations: [{key: a}, {value: b}]}',
    `spec.podTemplate.tolerations[1]: has no key, or a value that is not compared; ${TOLERATION}`,
  ),
  bad(
    'a toleration whose value is not compared',
    'podTemplate: {tolerations: [{key: a, operator: Exists, value: b}]}',
    `spec.podTemplate.tolerations[0]: has no key, or a value that is not compared; ${TOLERATION}`,
  ),
  bad(
    'an effect with a slip of the pen',
    'podTemplate: {tolerations: [{key: a, effect: NoShedule}]}',
    'spec.podTemplate.tolerations[0].effect: "NoShedule" is not known; give NoSchedule or ' +
      'PreferNoSchedule or NoExecute; did you mean NoSchedule?',
  ),
  bad(
    'a secret named twice',
    'podTemplate: {imagePullSecrets: [a, a]}',
    'spec.podTemplate.imagePullSecrets[1]: "a" stands at spec.podTemplate.imagePullSecrets[0] already; name each once',
  ),
  bad(
    'a part of the pod that the operator keeps to itself',
    'podTemplate: {hostNetwork: true}',
    'spec.podTemplate.hostNetwork: there is no such field; known here: labels, annotations, ' +
      'nodeSelector, tolerations, priorityClassName, imagePullSecrets',
  ),
];
