// The plain manifests for `kubectl apply -f`, made of what helm renders: `npm run manifests` pipes the
// one into the other. A test compares.
import { text } from 'node:stream/consumers';

/** Values and flags of `helm template` that they are rendered with. */
export const PLAIN_VALUES = { crds: { keep: false } };
export const PLAIN = 'deploy/ringkeeper.yaml';

/** What Helm says of itself; objects that people apply by hand are nobody's release. */
const HELM_LINES =
  /^ +(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*(Helm|ringkeeper-[\d.]+)"?\n/gm;

const HEAD = `# The Ringkeeper operator, whole: definition, rights, policies, two operators. Made from helm/ringkeeper
# by \`npm run manifests\`; edit that, not this.
#
#   kubectl apply --server-side -f deploy/ringkeeper.yaml
#
apiVersion: v1
kind: Namespace
metadata:
  name: ringkeeper-system
  labels:
    app.kubernetes.io/part-of: ringkeeper
    pod-security.kubernetes.io/enforce: restricted
`;

/** Of the text that `helm template` gave. */
export function plainManifests(rendered: string): string {
  return HEAD + rendered.replace(/^# Source: .*\n/gm, '').replace(HELM_LINES, '');
}

if (import.meta.main) process.stdout.write(plainManifests(await text(process.stdin)));
