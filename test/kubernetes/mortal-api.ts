// An operator's way to the API server that ends at a chosen write, before or after the server carried
// it out: what a process that is killed there leaves behind.
import type { KubeApi } from '../../operator/kubernetes/api.ts';

/** The process is no more. */
export class Killed extends Error {}

export interface MortalApi {
  readonly api: KubeApi;
  /** Writes made so far. */
  writes(): number;
}

const WRITES: ReadonlySet<string> = new Set([
  'apply',
  'applyStatus',
  'create',
  'replace',
  'patch',
  'remove',
]);

type Verb = (...args: unknown[]) => Promise<unknown>;

/** Dies after so many writes: the next one is never sent. Every call after that fails as well. */
export function mortalApi(api: KubeApi, writesMax: number): MortalApi {
  let writes = 0;
  let dead = false;
  const mortal = new Proxy(api, {
    get: (target, name: keyof KubeApi) => {
      return async (...args: unknown[]): Promise<unknown> => {
        if (!dead && WRITES.has(name) && writes >= writesMax) dead = true;
        if (dead) throw new Killed(`killed before ${name}`);
        if (WRITES.has(name)) writes += 1;
        return await (Reflect.get(target, name) as Verb).apply(target, args);
      };
    },
  });
  return { api: mortal, writes: () => writes };
}
