// What users add to the pods of their ring (spec.podTemplate). An empty overlay changes nothing, so that
// rings which use none are what they were before there was one.
import type { ClusterSpec } from '../../../core/api/cluster.ts';

type PodTemplate = ClusterSpec['podTemplate'];

/** The parts that pod-overlay reads and adds to. */
interface Pods {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: object;
}

/** Ours stand last, though the API server refuses names that begin like ours. */
export function withOverlay<P extends Pods>(pods: P, overlay: PodTemplate): P {
  return {
    ...pods,
    metadata: {
      ...pods.metadata,
      labels: { ...overlay.labels, ...pods.metadata.labels },
      annotations: { ...overlay.annotations, ...pods.metadata.annotations },
    },
    spec: { ...pods.spec, ...podParts(overlay) },
  };
}

function podParts(overlay: PodTemplate): object {
  const { nodeSelector, tolerations, priorityClassName, imagePullSecrets } = overlay;
  return {
    ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector: sorted(nodeSelector) } : {}),
    ...(tolerations.length > 0 ? { tolerations } : {}),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(imagePullSecrets.length > 0
      ? { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }
      : {}),
  };
}

/** For the revision of pods: '' where nothing was added, whatever this release can add. */
export function overlaySettings(overlay: PodTemplate): string {
  const { labels, annotations } = overlay;
  const added = { labels: sorted(labels), annotations: sorted(annotations), ...podParts(overlay) };
  const given = Object.entries(added).filter(
    ([, value]) => Object.keys(value as object).length > 0,
  );
  return given.length === 0 ? '' : JSON.stringify(given);
}

/** The same whatever the order in which they were written. */
function sorted(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
