// The API server as a candidate for a lease meets it: one object, compare-and-set, and calls that take
// time, fail before or after they were carried out, or never come back.
import { RingError } from '../../../core/errors.ts';
import type { KubeApi, KubeObject } from '../../../operator/kubernetes/api.ts';
import type { Lease } from '../../../operator/kubernetes/lease.ts';
import { pause, type Timers } from '../../../operator/kubernetes/timers.ts';

/** What becomes of one call. `lost`: carried out, but nobody hears of it. */
export type Fate = { readonly ms: number; readonly outcome: 'fine' | 'failed' | 'lost' };

const NEVER = new AbortController().signal;

export class MemoryLeases {
  lease: Lease | null = null;
  #version = 0;
  calls = 0;

  /** One process's way to it; `fate` is asked at each call. */
  door(timers: Timers, fate: () => Fate): KubeApi {
    const call = async <T>(carryOut: () => T): Promise<T> => {
      this.calls++;
      const { ms, outcome } = fate();
      const away = (): RingError => new RingError('PEER_UNREACHABLE', 'no answer');
      // Half of the time on the way there, half on the way back.
      await pause(timers, ms / 2, NEVER);
      if (outcome === 'failed') throw away();
      const answer = carryOut();
      await pause(timers, ms / 2, NEVER);
      if (outcome === 'lost') throw away();
      return answer;
    };
    const unused = (): never => {
      throw new Error('not asked of a lease');
    };
    return {
      get: <T extends KubeObject>() => call(() => structuredClone(this.lease) as T | null),
      create: (_, object) => call(() => this.#store(object, this.lease === null)),
      replace: (_, object) =>
        call(() => {
          const { resourceVersion } = object.metadata;
          return this.#store(object, this.lease?.metadata.resourceVersion === resourceVersion);
        }),
      list: unused,
      apply: unused,
      applyStatus: unused,
      patch: unused,
      remove: unused,
    };
  }

  /** As the real one, it does not count a write that changes nothing. */
  #store<T extends KubeObject>(object: T, isCurrent: boolean): T {
    if (!isCurrent) throw new RingError('CONFLICT', 'the object has been modified');
    const { spec } = object as unknown as Lease;
    if (JSON.stringify(spec) !== JSON.stringify(this.lease?.spec)) this.#version++;
    const metadata = { ...object.metadata, uid: 'l', resourceVersion: String(this.#version) };
    this.lease = { ...(object as unknown as Lease), metadata };
    return structuredClone(this.lease) as unknown as T;
  }
}
