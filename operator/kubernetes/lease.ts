// Which of the operator's processes acts. For peace only: what keeps two of them from harm is the
// compare-and-set of the ring document (R1).
//
// As client-go does it: times in the lease are for people. Who waits counts, on its own clock, from
// when it first saw the lease as it is; who leads stops on its own clock before anybody else may begin.
import { RingError } from '../../core/errors.ts';
import {
  LEASE_DEADLINE_MS,
  LEASE_POLL_MS,
  LEASE_RENEW_MS,
  LEASE_SECONDS,
} from '../../core/limits.ts';
import type { KubeApi, KubeKind, KubeObject } from './api.ts';
import { pause, realTimers, type Timers } from './timers.ts';

export const LEASES: KubeKind = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

export interface Lease extends KubeObject {
  readonly spec: {
    /** Empty: nobody, it was released. */
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export interface ElectionEvents {
  /** The lease is ours, or not any more; `why` for people. */
  leads(isLeader: boolean, why: string): void;
  /** A call failed; it is tried again. */
  failed(error: unknown): void;
}

export interface ElectionOptions {
  readonly namespace: string;
  readonly name: string;
  /** Of this process, never used again: a pod's name and something random. */
  readonly identity: string;
  readonly timers?: Timers;
  /** Wall clock, ms since 1970; only written down. */
  readonly wallMs?: () => number;
  /** Drawn from [0, 1). */
  readonly fraction?: () => number;
}

/**
 * Leads whenever the lease is ours, until `stop`. The signal that `lead` gets aborts when the lease was
 * not renewed in time, or on `stop`; the lease is given back only when `lead` has ended, and renewed
 * until then. `lead` should end within 5 s of a loss, when others may begin. Rejects with what `lead`
 * rejects with. `api` should give up its calls within LEASE_CALL_MS.
 */
export async function runElected(
  api: KubeApi,
  options: ElectionOptions,
  events: ElectionEvents,
  lead: (signal: AbortSignal) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  const candidate = new Candidate(api, options);
  const { timers, fraction } = candidate;
  while (!stop.aborted) {
    const askedMs = timers.nowMs();
    const isOurs = await candidate.obtain(events);
    if (isOurs && stop.aborted) {
      // Asked to stop while the lease was asked for: nothing begins any more.
      await candidate.release(events);
      return;
    }
    // An answer that comes too late is no right to begin.
    if (isOurs && timers.nowMs() < askedMs + LEASE_DEADLINE_MS) {
      const outcome = await term(candidate, events, { askedMs, lead, stop });
      if (outcome === 'ended') return;
    }
    // Apart from one another, so that candidates don't all ask at the same moment for ever.
    await pause(timers, LEASE_POLL_MS * (0.5 + fraction()), stop);
  }
}

/** From obtaining the lease to losing it or giving it back. */
async function term(
  candidate: Candidate,
  events: ElectionEvents,
  {
    askedMs,
    lead,
    stop,
  }: { askedMs: number; lead: (signal: AbortSignal) => Promise<void>; stop: AbortSignal },
): Promise<'ended' | 'lost'> {
  const { timers } = candidate;
  const lost = new AbortController();
  const ended = new AbortController();
  let takeBack: () => void = () => undefined;
  // Counted from before the call: others may have seen the renewal as early as that.
  const renewed = (sinceMs: number): void => {
    takeBack();
    takeBack = timers.after(sinceMs + LEASE_DEADLINE_MS - timers.nowMs(), () => {
      lost.abort();
    });
  };
  renewed(askedMs);
  events.leads(true, `${candidate.identity} leads`);
  const keeping = keep(candidate, events, renewed, AbortSignal.any([lost.signal, ended.signal]));
  void keeping.then((answer) => {
    if (answer === 'taken') lost.abort();
  });
  try {
    await lead(AbortSignal.any([lost.signal, stop]));
  } finally {
    ended.abort();
    takeBack();
    await keeping;
    if (!lost.signal.aborted) await candidate.release(events);
    const why = lost.signal.aborted ? 'the lease was not renewed in time' : 'the work has ended';
    events.leads(false, `${candidate.identity} leads no more: ${why}`);
  }
  return lost.signal.aborted && !stop.aborted ? 'lost' : 'ended';
}

/** Renews until the signal aborts. `taken`: somebody else holds the lease. */
async function keep(
  candidate: Candidate,
  events: ElectionEvents,
  renewed: (sinceMs: number) => void,
  signal: AbortSignal,
): Promise<'taken' | 'over'> {
  const { timers } = candidate;
  let waitMs = LEASE_RENEW_MS;
  for (;;) {
    await pause(timers, waitMs, signal);
    if (signal.aborted) return 'over';
    const askedMs = timers.nowMs();
    const isOurs = await candidate.obtain(events);
    if (signal.aborted) return 'over';
    if (isOurs) renewed(askedMs);
    else if (candidate.isTaken) return 'taken';
    waitMs = isOurs ? LEASE_RENEW_MS : LEASE_POLL_MS;
  }
}

class Candidate {
  readonly identity: string;
  readonly timers: Timers;
  readonly fraction: () => number;
  readonly #api: KubeApi;
  readonly #options: ElectionOptions;
  /** The lease as it was seen last, and when it was first seen so. */
  #seen: { readonly text: string; readonly sinceMs: number } | null = null;
  #lease: Lease | null = null;

  constructor(api: KubeApi, options: ElectionOptions) {
    this.#api = api;
    this.#options = options;
    this.identity = options.identity;
    this.timers = options.timers ?? realTimers;
    this.fraction = options.fraction ?? Math.random;
  }

  /** Whether somebody else was seen to hold the lease. */
  get isTaken(): boolean {
    const holder = this.#lease?.spec.holderIdentity ?? '';
    return holder !== '' && holder !== this.identity;
  }

  /** Acquires or renews; false: it is not ours, or nobody knows. */
  async obtain(events: ElectionEvents): Promise<boolean> {
    try {
      if (this.#isOurs() && (await this.#renew())) return true;
      const { namespace, name } = this.#options;
      this.#look(await this.#api.get<Lease>({ kind: LEASES, namespace, name }));
      if (this.#isOthers()) return false;
      this.#look(await this.#write(this.#record()));
      return true;
    } catch (error) {
      // Who came first is seen the next time.
      if (!(error instanceof RingError && error.code === 'CONFLICT')) events.failed(error);
      return false;
    }
  }

  /** One call where nobody else wrote meanwhile; false: somebody did, were it a renewal of ours that was lost. */
  async #renew(): Promise<boolean> {
    try {
      this.#look(await this.#write(this.#record()));
      return true;
    } catch (error) {
      if (error instanceof RingError && error.code === 'CONFLICT') return false;
      throw error;
    }
  }

  #isOurs(): boolean {
    return this.#lease?.spec.holderIdentity === this.identity;
  }

  /** Gives the lease back, so that the next one need not wait. */
  async release(events: ElectionEvents): Promise<void> {
    try {
      if (this.#lease === null || this.isTaken) return;
      const spec = { ...this.#record(), holderIdentity: '', leaseDurationSeconds: 1 };
      await this.#write(spec);
    } catch (error) {
      // It runs out by itself.
      events.failed(error);
    }
  }

  #look(lease: Lease | null): void {
    const text = `${lease?.metadata.uid ?? ''} ${lease?.metadata.resourceVersion ?? ''}`;
    if (text !== this.#seen?.text) this.#seen = { text, sinceMs: this.timers.nowMs() };
    this.#lease = lease;
  }

  /** Held by another process that has not been silent for as long as the lease says. */
  #isOthers(): boolean {
    if (!this.isTaken || this.#seen === null) return false;
    const seconds = this.#lease?.spec.leaseDurationSeconds ?? LEASE_SECONDS;
    return this.timers.nowMs() < this.#seen.sinceMs + seconds * 1000;
  }

  #record(): Lease['spec'] {
    const before = this.#lease?.spec;
    // Never the same twice, even where the wall clock stands still: no change is no renewal.
    const beforeMs = Date.parse(before?.renewTime ?? '') || 0;
    const now = microTime(Math.max((this.#options.wallMs ?? Date.now)(), beforeMs + 1));
    const isOurs = this.#isOurs();
    return {
      holderIdentity: this.identity,
      leaseDurationSeconds: LEASE_SECONDS,
      acquireTime: isOurs ? (before?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
    };
  }

  #write(spec: Lease['spec']): Promise<Lease> {
    const { namespace, name } = this.#options;
    if (this.#lease === null) {
      const { apiVersion, kind } = LEASES;
      return this.#api.create(LEASES, { apiVersion, kind, metadata: { name, namespace }, spec });
    }
    return this.#api.replace(LEASES, { ...this.#lease, spec });
  }
}

/** As metav1.MicroTime wants it. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
