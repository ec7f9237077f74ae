// What a pod of a ring is started with, and the revision that changes exactly when this does: then all
// pods are restarted, one at a time.
import type { ClusterSpec } from '../../core/api/cluster.ts';
import { bytesOf, millicoresOf } from '../../core/api/quantity.ts';
import { overlaySettings } from './manifests/pod-overlay.ts';
import { nodeSettings, settingsRevision, UNSET_NODE_SETTINGS } from '../desired.ts';

/** Beside the node's own settings. Everything else of a pod is taken up when it is next made. */
function podSettings({ image, resources: { requests, limits }, podTemplate }: ClusterSpec) {
  return {
    image: image ?? '',
    requests: { millicores: millicoresOf(requests.cpu), bytes: bytesOf(requests.memory) },
    limits: {
      // 0: none.
      millicores: limits.cpu === undefined ? 0 : millicoresOf(limits.cpu),
      bytes: bytesOf(limits.memory),
    },
    overlay: overlaySettings(podTemplate),
  } as const;
}

/** As in desired.ts: never change an entry, only add. */
const UNSET: ReturnType<typeof podSettings> = {
  image: '',
  requests: { millicores: 100, bytes: 320 * 2 ** 20 },
  limits: { millicores: 0, bytes: 1152 * 2 ** 20 },
  overlay: '',
};

/** The revision that every pod of this ring should have. */
export function podRevision(spec: ClusterSpec): string {
  return settingsRevision(
    { ...nodeSettings(spec), ...podSettings(spec) },
    { ...UNSET_NODE_SETTINGS, ...UNSET },
  );
}
