// The port to the API server over HTTP. What each verb is on the wire stands in operations.ts.
import type { Access } from './access.ts';
import type { KubeApi, KubeKind, KubeObject, KubeRef } from './api.ts';
import { KubeCalls, snapshot, type Answered, type KubeApiOptions } from './calls.ts';
import {
  applying,
  creating,
  getting,
  patching,
  removing,
  replacing,
  type Operation,
} from './operations.ts';
import { refOf } from './paths.ts';
import { refusalOf, statusOf } from './refusals.ts';

export function kubeApi(config: Access, options: KubeApiOptions = {}): KubeApi {
  const calls = new KubeCalls(config, options);
  const written = async <T extends KubeObject>(operation: Operation): Promise<T> =>
    JSON.parse(await calls.success(operation)) as T;
  return {
    get: async <T extends KubeObject>(ref: KubeRef) => {
      const operation = getting(ref);
      const answer = await calls.answer(operation);
      if (answer.status === 404 && isAbsent(answer, ref)) return null;
      if (answer.status >= 300) throw refusalOf(answer, operation.what);
      return JSON.parse(answer.text) as T;
    },
    list: async <T extends KubeObject>(
      kind: KubeKind,
      namespace: string | null,
      selector: Readonly<Record<string, string>> = {},
    ) => (await snapshot<T>(calls, { kind, namespace, selector })).items,
    apply: async (kind, object) => written(applying(refOf(kind, object), object, '')),
    applyStatus: async (kind, object) => written(applying(refOf(kind, object), object, '/status')),
    create: async (kind, object) => written(creating(kind, object)),
    replace: async (kind, object) => written(replacing(refOf(kind, object), object)),
    patch: async (ref, patch) => written(patching(ref, patch)),
    remove: async (ref, preconditions, graceSeconds) => {
      const operation = removing(ref, preconditions, graceSeconds);
      const answer = await calls.answer(operation);
      if (answer.status === 404 && isAbsent(answer, ref)) return 'absent';
      if (answer.status >= 300) throw refusalOf(answer, operation.what);
      return 'removed';
    },
  };
}

/** 404 is also said of a kind that the server doesn't know: then nothing is known of the object. */
function isAbsent({ text }: Answered, { name }: KubeRef): boolean {
  const status = statusOf(text);
  return status?.reason === 'NotFound' && status.name === name;
}
