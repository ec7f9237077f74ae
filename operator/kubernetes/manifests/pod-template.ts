// The pods of a ring, in every form that a release ever gave them. A form is a pure function of the
// spec: never change one that was released, add the next (golden files in test/operator/kubernetes).
import { AssertionFailed } from '../../../core/assert.ts';
import {
  KUBE_PRE_STOP_SECONDS,
  KUBE_START_SECONDS,
  KUBE_STOP_SECONDS,
} from '../../../core/limits.ts';
import {
  CLAIM,
  GATE,
  labelsOf,
  objectNames,
  PORTS,
  REVISION_ANNOTATION,
  selectorOf,
  VOLUME_ANNOTATION,
} from '../names.ts';
import type { Pinned } from '../pinned.ts';
import { podRevision } from '../pod-settings.ts';
import { SECRET_KEYS } from './access.ts';
import { withOverlay } from './pod-overlay.ts';
import { canonicalBytes, canonicalCores } from './quantities.ts';
import type { Ring } from './ring.ts';
import { peerAddress } from './services.ts';

/** The container that is the node. */
export const CONTAINER = 'node';
/** Where the volume is mounted; the data folder is in it, beside what the file system puts there. */
const VOLUME = '/data';
const SECRETS = '/etc/ringkeeper';
/** Nobody's number on the host; the image doesn't care which. */
const USER = 10_001;

/** The form that a new ring gets. */
export const LATEST_TEMPLATE = 1;

/** Throws where the ring stays with a form of a later release: this operator can't make its pods. */
export function podTemplate(ring: Ring, { template, image }: Pinned): object {
  if (template !== 1)
    throw new AssertionFailed(`pods of form ${template} are made by a later release only`);
  return withOverlay(firstForm(ring, ring.spec.image ?? image), ring.spec.podTemplate);
}

function firstForm(ring: Ring, image: string) {
  return {
    metadata: {
      labels: labelsOf(ring.name),
      annotations: { [REVISION_ANNOTATION]: podRevision(ring.spec) },
    },
    spec: {
      schedulingGates: [{ name: GATE }],
      serviceAccountName: objectNames(ring.name).account,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: KUBE_STOP_SECONDS,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...spread(ring),
      containers: [container(ring, image)],
      volumes: [
        {
          name: 'secrets',
          secret: { secretName: objectNames(ring.name).secrets, defaultMode: 0o440 },
        },
      ],
    },
  };
}

function container(ring: Ring, image: string): object {
  return {
    name: CONTAINER,
    image,
    args: ['node'],
    env: environment(ring),
    ports: Object.entries(PORTS).map(([name, port]) => ({
      name,
      containerPort: port,
      protocol: 'TCP',
    })),
    resources: resources(ring),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
    ...PROBES,
    // Endpoints go first: connections that are made meanwhile are still served.
    lifecycle: { preStop: { sleep: { seconds: KUBE_PRE_STOP_SECONDS } } },
    volumeMounts: [
      { name: 'secrets', mountPath: SECRETS, readOnly: true },
      ...(ring.spec.storage.ephemeral ? [] : [{ name: CLAIM, mountPath: VOLUME }]),
    ],
  };
}

/**
 * A node is ready once the ring names it, which may take long: the start is judged by the process
 * alone. Opening a store after a crash reads its log, and a large one takes its time.
 */
const PROBES = {
  startupProbe: {
    httpGet: { path: '/healthz', port: 'admin' },
    periodSeconds: 1,
    timeoutSeconds: 2,
    failureThreshold: KUBE_START_SECONDS,
  },
  readinessProbe: {
    httpGet: { path: '/readyz', port: 'admin' },
    periodSeconds: 1,
    timeoutSeconds: 2,
    failureThreshold: 2,
  },
  livenessProbe: {
    httpGet: { path: '/healthz', port: 'admin' },
    periodSeconds: 5,
    timeoutSeconds: 5,
    failureThreshold: 6,
  },
} as const;

function environment(ring: Ring): readonly object[] {
  const { storage, handoff, http, logLevel } = ring.spec;
  const value = (name: string, text: string) => ({ name: `RINGKEEPER_${name}`, value: text });
  const field = (name: string, path: string) => ({
    name: `RINGKEEPER_${name}`,
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: path } },
  });
  return [
    field('ID', 'metadata.name'),
    value('CLIENT', `:${PORTS.client}`),
    value('ADMIN', `:${PORTS.admin}`),
    value('PEER', `:${PORTS.peer}`),
    value('ADVERTISE', peerAddress(ring, '$(RINGKEEPER_ID)')),
    value('CLUSTER_SECRET_FILE', `${SECRETS}/${SECRET_KEYS.cluster}`),
    value('ADMIN_TOKEN_FILE', `${SECRETS}/${SECRET_KEYS.admin}`),
    ...(storage.ephemeral
      ? [value('EPHEMERAL', 'true')]
      : [
          value('DATA', `${VOLUME}/ringkeeper`),
          field('VOLUME_UID', `metadata.annotations['${VOLUME_ANNOTATION}']`),
        ]),
    value('DURABILITY', storage.durability),
    value('CACHE_BYTES', String(storage.cacheBytes)),
    value('HANDOFF_BYTES_PER_SECOND', String(handoff.maxBytesPerSecond)),
    value('CORS_ORIGINS', http.corsOrigins.join(',')),
    value('LOG_FORMAT', 'json'),
    ...(logLevel === undefined ? [] : [value('LOG_LEVEL', logLevel)]),
  ];
}

function resources({ spec: { resources: given } }: Ring): object {
  const { cpu, memory } = given.limits;
  return {
    requests: {
      cpu: canonicalCores(given.requests.cpu),
      memory: canonicalBytes(given.requests.memory),
    },
    limits: {
      ...(cpu === undefined ? {} : { cpu: canonicalCores(cpu) }),
      memory: canonicalBytes(memory),
    },
  };
}

/** Where members may stand. Their zones are spread again by the ring itself, over what is there. */
function spread(ring: Ring): object {
  const { zoneKey, spread: wish } = ring.spec.topology;
  const labelSelector = { matchLabels: selectorOf(ring.name) };
  const over = (topologyKey: string, whenUnsatisfiable: string) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable,
    labelSelector,
  });
  const host = 'kubernetes.io/hostname';
  if (wish === 'preferred') {
    const soft = 'ScheduleAnyway';
    return { topologySpreadConstraints: [over(zoneKey, soft), over(host, soft)] };
  }
  return {
    topologySpreadConstraints: [over(zoneKey, 'DoNotSchedule')],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: host, labelSelector }],
      },
    },
  };
}
