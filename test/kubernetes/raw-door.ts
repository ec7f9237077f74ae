// Requests about DhtClusters as any client could make them, mistakes included, with the strictness that
// kubectl asks for.
import { callOnce } from '../../operator/kubernetes/http.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import { statusOf } from '../../operator/kubernetes/refusals.ts';
import type { ApiServer } from './api-server.ts';

export interface Verdict {
  readonly status: number;
  /** Empty where it was accepted. */
  readonly message: string;
  readonly object: unknown;
}

const COLLECTION = '/apis/dht.ringkeeper.dev/v1alpha1/namespaces/default/dhtclusters';

export function rawDoor(server: ApiServer) {
  const config = PooledKubeConfig.load(server.kubeconfig);
  return {
    close: () => config.close(),
    send: async (
      method: 'POST' | 'PUT',
      path: string,
      value: unknown,
      query: Record<string, string> = {},
    ): Promise<Verdict> => {
      const answer = await callOnce(
        config,
        {
          method,
          path: `${COLLECTION}${path}`,
          query: { fieldValidation: 'Strict', ...query },
          body: { type: 'application/json', text: JSON.stringify(value) },
        },
        { callMs: 10_000 },
      );
      if (answer.kind === 'silent') throw answer.cause;
      const { status, text } = answer;
      if (status < 300) return { status, message: '', object: JSON.parse(text) };
      return { status, message: statusOf(text)?.message ?? text, object: null };
    },
  };
}
