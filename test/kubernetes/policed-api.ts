// kubectl as this one and that one, against an API server that has the chart's policies.
import { expect } from '@jest/globals';
import { clusterStatus } from '../../operator/kubernetes/status.ts';
import { until } from '../live/until.ts';
import { statusInput } from '../operator/kubernetes/statuses.ts';
import type { ApiServer, Ran } from './api-server.ts';
import { cluster, five, ring } from './policed-ring.ts';

export const OPERATOR = 'system:serviceaccount:ringkeeper-system:ringkeeper-operator';

/** ms until a policy that was stored is in force. */
const SETTLE_MS = 60_000;

/** Fails until the answer has this; policies take effect a moment after they are stored. */
export const eventually = (ask: () => Promise<Ran>, isSo: (ran: Ran) => boolean) =>
  until('the policies are in force', SETTLE_MS, async () => isSo(await ask()), 250);

export const refused = (message: RegExp) => ({
  code: 1,
  stdout: '',
  stderr: expect.stringMatching(message) as unknown as string,
});
export const allowed = expect.objectContaining({ code: 0 }) as unknown as Ran;

export function asking(server: () => ApiServer) {
  /** kubectl as this user, who has every right; only policies can say no. */
  const as = (user: string, args: readonly string[], input?: string): Promise<Ran> =>
    server().kubectl(
      ['-n', ring.namespace, `--as=${user}`, '--as-group=system:masters', ...args],
      input,
    );
  const tried = (user: string, args: readonly string[], input?: string): Promise<Ran> =>
    as(user, [...args, '--dry-run=server'], input);
  const apply = async (...objects: readonly object[]): Promise<void> => {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    const { code, stderr } = await as(
      OPERATOR,
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      JSON.stringify(list),
    );
    if (code !== 0) throw new Error(stderr);
  };
  /** The status of a ring, as the operator publishes it. */
  const publish = async (name: string, present: readonly object[]): Promise<void> => {
    const status = { ...clusterStatus(statusInput(five)), members: present };
    const { apiVersion, kind, metadata } = cluster;
    const { code, stderr } = await as(
      OPERATOR,
      ['apply', '--server-side', '--force-conflicts', '--subresource=status', '-f', '-'],
      JSON.stringify({ apiVersion, kind, metadata: { ...metadata, name }, status }),
    );
    if (code !== 0) throw new Error(stderr);
  };
  const merge = (user: string, what: readonly string[], patch: object): Promise<Ran> =>
    tried(user, ['patch', ...what, '--type=merge', '-p', JSON.stringify(patch)]);
  return { as, tried, apply, publish, merge };
}
