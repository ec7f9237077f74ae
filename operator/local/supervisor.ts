// Keeps the processes of one machine running, as a kubelet does: what was started stays started. A
// crash is followed by a restart after a growing wait, so that a crash loop costs nothing.
import { rm } from 'node:fs/promises';
import type { NodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { LOCAL_RESTART_MS_MAX, LOCAL_RESTART_MS_MIN, LOCAL_STEADY_MS } from '../../core/limits.ts';
import type { ProcessState } from '../survey.ts';
import { isAlive, nameProcess, signalProcess } from './process-identity.ts';
import { readRecord, startProcess, stopProcess, volumeOf } from './process.ts';
import type { Launch, ProcessRecord } from './process.ts';

export type SupervisorEvent =
  | { readonly kind: 'started' | 'adopted'; readonly id: NodeId; readonly pid: number }
  | { readonly kind: 'stopped' | HandledKind; readonly id: NodeId }
  | {
      readonly kind: 'crashed';
      readonly id: NodeId;
      readonly how: string;
      readonly retryMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly id: NodeId;
      readonly error: unknown;
      readonly retryMs: number;
    }
  | { readonly kind: 'volume-gone'; readonly id: NodeId };

/** What somebody did to it by hand. */
type HandledKind = 'held' | 'killed' | 'paused' | 'resumed';

interface Charge {
  record: ProcessRecord | null;
  /** Started by an earlier operator: its end is not told, it has to be looked for. */
  adopted: boolean;
  /** It should run: an exit that nobody asked for is a crash. */
  wanted: boolean;
  stopping: boolean;
  /** Stopped by hand: whoever asks for its start, it stays so until `release`. */
  held: boolean;
  crashes: number;
  retry: NodeJS.Timeout | null;
  /** A start under way: whoever stops the node waits for it, or a process would be left behind. */
  launching: Promise<void> | null;
}

export interface SupervisorOptions {
  /** How to start the node with the revision that is desired now. Throws where it cannot be, and says why. */
  readonly launch: (id: NodeId) => Promise<Launch>;
  /** The process of a node of which no record tells; null: there is none. */
  readonly orphan: (id: NodeId) => Promise<number | null>;
  readonly recordFile: (id: NodeId) => string;
  readonly dataFolder: (id: NodeId) => string;
  /** Called on everything that happens to a process. */
  readonly happened: (event: SupervisorEvent) => void;
}

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly charges = new Map<NodeId, Charge>();
  private closed = false;

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  /** Takes over what an earlier operator started and left running. */
  async adopt(ids: readonly NodeId[]): Promise<void> {
    for (const id of ids) {
      const kept = await readRecord(this.options.recordFile(id));
      const record = kept !== null && isAlive(kept) ? kept : await this.orphanRecord(id);
      if (record === null) continue;
      this.charges.set(id, { ...newCharge(), record, adopted: true, wanted: true });
      this.options.happened({ kind: 'adopted', id, pid: record.pid });
    }
  }

  stateOf(id: NodeId): ProcessState {
    const charge = this.charges.get(id);
    if (charge === undefined) return 'absent';
    if (charge.stopping) return 'stopping';
    if (charge.record !== null && isAlive(charge.record)) return 'running';
    // One that is held counts as one that does not come up: the planner need not ask for it again.
    return charge.wanted || charge.held ? 'crashed' : 'stopped';
  }

  recordOf(id: NodeId): ProcessRecord | null {
    return this.charges.get(id)?.record ?? null;
  }

  /** Nodes with a living process that is not being stopped. */
  running(): readonly NodeId[] {
    return [...this.charges.keys()].filter((id) => this.stateOf(id) === 'running');
  }

  /** Sees to it that the node runs; idempotent. Where it cannot be started now, that is tried again. */
  async start(id: NodeId): Promise<void> {
    const charge = this.charges.get(id) ?? newCharge();
    this.charges.set(id, charge);
    if (charge.stopping || charge.held || this.closed) return;
    charge.wanted = true;
    if (charge.retry === null) await this.launchOrRetry(id, charge);
  }

  /** Stops it in order; idempotent. Resolves when no process is left. */
  async stop(id: NodeId): Promise<void> {
    const charge = this.charges.get(id);
    if (charge === undefined) return;
    charge.wanted = false;
    this.cancelRetry(charge);
    await charge.launching?.catch(() => undefined);
    if (charge.record === null || !isAlive(charge.record)) return;
    charge.stopping = true;
    try {
      await stopProcess(charge.record);
    } finally {
      charge.stopping = false;
    }
    this.options.happened({ kind: 'stopped', id });
  }

  isHeld(id: NodeId): boolean {
    return this.charges.get(id)?.held ?? false;
  }

  /** Stops it in order and keeps it from being started until `release`. Throws NOT_FOUND. */
  async hold(id: NodeId): Promise<void> {
    this.chargeOf(id).held = true;
    await this.stop(id);
    this.options.happened({ kind: 'held', id });
  }

  /** Starts what was held; nothing else changes. Throws NOT_FOUND. */
  async release(id: NodeId): Promise<void> {
    this.chargeOf(id).held = false;
    await this.start(id);
  }

  /** SIGKILL: a crash like any other. SIGSTOP and SIGCONT: it pauses and goes on. Throws NOT_FOUND. */
  signal(id: NodeId, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    const { record } = this.chargeOf(id);
    if (record === null || !signalProcess(record, signal))
      throw new RingError('NOT_FOUND', `no process of ${id} runs`);
    const kind = ({ SIGKILL: 'killed', SIGSTOP: 'paused', SIGCONT: 'resumed' } as const)[signal];
    this.options.happened({ kind, id });
  }

  /** Stops it and forgets it. */
  async remove(id: NodeId): Promise<void> {
    await this.stop(id);
    this.charges.delete(id);
    await rm(this.options.recordFile(id), { force: true });
  }

  /**
   * Looks after adopted processes, of which no exit is reported, and after volumes that were taken
   * away from under a running process: that one must end before anyone may call its data lost (R5).
   */
  async tend(): Promise<void> {
    for (const [id, charge] of this.charges) {
      if (charge.record === null || charge.stopping || !charge.wanted) continue;
      if (!isAlive(charge.record)) {
        if (charge.adopted) this.exited(id, charge, 'it is gone');
      } else if (await this.lostVolume(id, charge.record)) {
        this.options.happened({ kind: 'volume-gone', id });
        signalProcess(charge.record, 'SIGKILL');
      }
    }
  }

  /** Stops all together; resolves when no process is left. Nothing is started any more. */
  async stopAll(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.charges.keys()].map((id) => this.stop(id)));
  }

  /** Ends all at once, without a drain. */
  async killAll(): Promise<void> {
    this.closed = true;
    await Promise.all(
      [...this.charges.values()].map(async (charge) => {
        charge.wanted = false;
        this.cancelRetry(charge);
        await charge.launching?.catch(() => undefined);
        if (charge.record !== null) signalProcess(charge.record, 'SIGKILL');
      }),
    );
  }

  /** Lets go of all processes, which go on; nothing is restarted any more. */
  abandon(): void {
    this.closed = true;
    for (const charge of this.charges.values()) this.cancelRetry(charge);
  }

  private chargeOf(id: NodeId): Charge {
    const charge = this.charges.get(id);
    if (charge === undefined) throw new RingError('NOT_FOUND', `there is no node ${id}`);
    return charge;
  }

  /** Its revision is unknown: it is restarted in its turn. */
  private async orphanRecord(id: NodeId): Promise<ProcessRecord | null> {
    const pid = await this.options.orphan(id);
    const volume = await volumeOf(this.options.dataFolder(id));
    return pid === null || volume === null
      ? null
      : { ...nameProcess(pid), revision: '', startedMs: Date.now(), volume };
  }

  private async launch(id: NodeId, charge: Charge): Promise<void> {
    if (charge.record !== null && isAlive(charge.record)) return;
    charge.launching ??= this.spawn(id, charge).finally(() => {
      charge.launching = null;
    });
    await charge.launching;
  }

  private async launchOrRetry(id: NodeId, charge: Charge): Promise<void> {
    try {
      await this.launch(id, charge);
    } catch (error) {
      if (!charge.wanted || this.closed) return;
      this.options.happened({ kind: 'failed', id, error, retryMs: this.retryLater(id, charge) });
    }
  }

  private async spawn(id: NodeId, charge: Charge): Promise<void> {
    const launch = await this.options.launch(id);
    charge.record = await startProcess(launch, (how) => {
      this.exited(id, charge, how);
    });
    charge.adopted = false;
    this.options.happened({ kind: 'started', id, pid: charge.record.pid });
  }

  private exited(id: NodeId, charge: Charge, how: string): void {
    if (!charge.wanted || this.closed || charge.retry !== null) return;
    const { record } = charge;
    // The word of an earlier process, long followed by another one.
    if (record !== null && isAlive(record)) return;
    if (record !== null && Date.now() - record.startedMs > LOCAL_STEADY_MS) charge.crashes = 0;
    const retryMs = this.retryLater(id, charge);
    this.options.happened({ kind: 'crashed', id, how, retryMs });
  }

  private retryLater(id: NodeId, charge: Charge): number {
    const retryMs = Math.min(LOCAL_RESTART_MS_MAX, LOCAL_RESTART_MS_MIN * 2 ** charge.crashes);
    charge.crashes = Math.min(charge.crashes + 1, 16);
    charge.retry = setTimeout(() => {
      charge.retry = null;
      void this.launchOrRetry(id, charge);
    }, retryMs);
    return retryMs;
  }

  private cancelRetry(charge: Charge): void {
    if (charge.retry !== null) clearTimeout(charge.retry);
    charge.retry = null;
  }

  private async lostVolume(id: NodeId, record: ProcessRecord): Promise<boolean> {
    return (await volumeOf(this.options.dataFolder(id))) !== record.volume;
  }
}

function newCharge(): Charge {
  return {
    record: null,
    adopted: false,
    wanted: false,
    stopping: false,
    held: false,
    crashes: 0,
    retry: null,
    launching: null,
  };
}
