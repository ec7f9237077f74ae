// A ring of real processes under a real operator, in a temporary folder of its own: for the proof
// and the benchmark. Whatever happens, `destroy` leaves no process and no folder behind.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeId } from '../../core/api/ids.ts';
import { LOCAL_PORT_STRIDE } from '../../core/limits.ts';
import type { NodePorts } from '../../operator/local/ports.ts';
import { isAlive, signalProcess } from '../../operator/local/process-identity.ts';
import type { ProcessRecord } from '../../operator/local/process.ts';
import { stateFolder } from '../../operator/local/state-folder.ts';
import type { StateFolder } from '../../operator/local/state-folder.ts';
import { isConverged } from '../../operator/local/status.ts';
import type { RingStatus } from '../../operator/local/status.ts';
import { parsed, readOr } from './files.ts';
import { killQuietly, processesNaming } from './leftovers.ts';
import { freePortBase } from './ring-ports.ts';
import { until } from './until.ts';

const OPERATOR = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));
const PROJECT = resolve(fileURLToPath(new URL('../../', import.meta.url)));
const NAME = 'ring';

export interface RingWish {
  readonly replicas: number;
  readonly replicationFactor: number;
  /** Of the operator and its nodes, beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Web pages that may call it. */
  readonly corsOrigins?: readonly string[];
  /** What each member sends of a move at most; default: the manifest's own. */
  readonly handoffBytesPerSecond?: number;
}

export interface LiveNode {
  readonly id: string;
  readonly ports: NodePorts;
  readonly process: ProcessRecord;
}

export class OperatedRing {
  readonly folder: string;
  readonly proxyPort: number;
  /** The operator's metrics, and where those of its nodes are. */
  readonly metricsPort: number;
  readonly state: StateFolder;
  readonly #portBase: number;
  /** Where this process ends without `destroy`, nothing is left behind either. */
  readonly #atExit = (): void => {
    this.#operator?.kill('SIGKILL');
    this.#killAll();
    rmSync(this.folder, { recursive: true, force: true });
  };
  #wish: RingWish;
  #operator: ChildProcess | null = null;
  /** Wall clock in ms of the last edit of the manifest, and of the last start of the operator. */
  #changedMs = 0;

  private constructor(wish: RingWish, portBase: number) {
    this.#wish = wish;
    this.folder = mkdtempSync(join(tmpdir(), 'ringkeeper-'));
    this.state = stateFolder(join(this.folder, NAME), NAME);
    this.proxyPort = portBase;
    this.metricsPort = portBase + 1;
    this.#portBase = portBase + LOCAL_PORT_STRIDE;
    process.once('exit', this.#atExit);
  }

  /** Starts the operator; resolves once the ring is as wished. */
  static async start(wish: RingWish): Promise<OperatedRing> {
    const ring = new OperatedRing(wish, await freePortBase());
    try {
      ring.#writeManifest();
      ring.startOperator();
      await ring.untilConverged(60_000);
      return ring;
    } catch (error) {
      const log = ring.operatorLog();
      await ring.destroy();
      throw new Error(`the ring did not start:\n${log}`, { cause: error });
    }
  }

  get wish(): RingWish {
    return this.#wish;
  }

  scale(replicas: number): void {
    this.#wish = { ...this.#wish, replicas };
    this.#writeManifest();
  }

  startOperator(): void {
    const log = openSync(join(this.folder, 'operator.log'), 'a');
    this.#changedMs = Date.now();
    this.#operator = spawn(
      process.execPath,
      [
        OPERATOR,
        '--file',
        this.#manifest(),
        '--state',
        this.folder,
        '--port',
        String(this.proxyPort),
        '--port-base',
        String(this.#portBase),
        '--metrics-port',
        String(this.metricsPort),
        '--console-port',
        '0',
      ],
      {
        cwd: PROJECT,
        env: { ...process.env, ...this.#wish.environment },
        stdio: ['ignore', log, log],
      },
    );
    closeSync(log);
  }

  get operatorRuns(): boolean {
    return (
      this.#operator !== null &&
      this.#operator.exitCode === null &&
      this.#operator.signalCode === null
    );
  }

  get operatorPid(): number {
    return this.#operator?.pid ?? 0;
  }

  /** `kill -9`; resolves when it is gone. */
  async killOperator(): Promise<void> {
    const operator = this.#operator;
    if (operator === null || !this.operatorRuns) return;
    operator.kill('SIGKILL');
    await once(operator, 'exit');
  }

  operatorLog(): string {
    return readOr(join(this.folder, 'operator.log'), '');
  }

  nodeLog(id: string): string {
    return readOr(this.state.logFile(nodeId(id)), '');
  }

  status(): RingStatus | null {
    return parsed(this.state.status) as RingStatus | null;
  }

  /** What the operator published since the last change of what it should do. */
  freshStatus(): RingStatus | null {
    const status = this.status();
    return status !== null && status.observedMs > this.#changedMs ? status : null;
  }

  isConverged(): boolean {
    const status = this.freshStatus();
    return status?.desiredReplicas === this.#wish.replicas && isConverged(status);
  }

  async untilConverged(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await until(
        `the ring has ${this.#wish.replicas} members and nothing is left to do`,
        ms,
        () => {
          signal?.throwIfAborted();
          return this.isConverged();
        },
        100,
      );
    } catch (cause) {
      throw new Error(`the ring did not come to rest: ${this.describe()}`, { cause });
    }
  }

  /** Epoch and phase of the stored document; epoch 0: none is stored. */
  stored(): { readonly epoch: number; readonly phase: string } {
    return (
      (parsed(this.state.document) as { epoch: number; phase: string } | null) ?? {
        epoch: 0,
        phase: 'none',
      }
    );
  }

  /** What the operator last said of it, for a failure's message. */
  describe(): string {
    const status = this.status();
    if (status === null) return 'the operator published no status';
    const { ring, members, waits, conditions, observedMs } = status;
    return [
      `epoch ${ring.epoch} ${ring.phase}, ${this.#wish.replicas} members are wanted, ` +
        `told ${Date.now() - observedMs} ms ago`,
      ...members.map(
        (member) =>
          `${member.name} ${member.state} ${member.process} serving=${member.serving} ` +
          `epoch=${member.epoch} hints=${member.hints}`,
      ),
      ...waits.map((wait) => `waits: ${wait.reason} ${wait.message}. ${wait.unblock}`),
      ...conditions.map(
        ({ type, status: is, reason, message }) => `${type}=${is} ${reason} ${message}`,
      ),
    ].join('\n    ');
  }

  /** Nodes whose process was started, ascending by ordinal; it may be gone since. */
  nodes(): readonly LiveNode[] {
    const ports = (parsed(this.state.ports) as Record<string, NodePorts> | null) ?? {};
    return Object.entries(ports)
      .flatMap(([id, own]) => {
        const record = parsed(this.state.processFile(nodeId(id))) as ProcessRecord | null;
        return record === null ? [] : [{ id, ports: own, process: record }];
      })
      .sort((a, b) => a.ports.client - b.ports.client);
  }

  /** `kill -9`; false where it did not run. */
  killNode(node: LiveNode): boolean {
    return signalProcess(node.process, 'SIGKILL');
  }

  /** Ends the process and takes its data folder away before anyone can start it again. */
  wipe(node: LiveNode): void {
    const gone = join(this.folder, `wiped-${node.id}`);
    signalProcess(node.process, 'SIGKILL');
    renameSync(this.state.dataFolder(nodeId(node.id)), gone);
    rmSync(gone, { recursive: true, force: true });
  }

  /** In order, as Ctrl-C does; the exit code, null where it had to be killed. */
  async stop(ms = 30_000): Promise<number | null> {
    const operator = this.#operator;
    if (operator === null || !this.operatorRuns) return null;
    const ended = once(operator, 'exit');
    operator.kill('SIGINT');
    const patience = setTimeout(() => {
      operator.kill('SIGKILL');
    }, ms);
    await ended;
    clearTimeout(patience);
    return operator.exitCode;
  }

  /** Ends every process that belongs to this ring and removes its folder. */
  async destroy(): Promise<void> {
    process.off('exit', this.#atExit);
    await this.killOperator();
    // A start may have been under way when the operator died: its child appears a moment later.
    await until('no process of the ring is left', 30_000, () => !this.#killAll());
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** True where any process was left. */
  #killAll(): boolean {
    const recorded = this.nodes()
      .map((node) => node.process)
      .filter(isAlive);
    const left = [...recorded.map(({ pid }) => pid), ...processesNaming(this.folder)];
    for (const pid of left) killQuietly(pid);
    return left.length > 0;
  }

  #manifest(): string {
    return join(this.folder, 'ring.yaml');
  }

  /** By rename, as editors do: the operator never reads half a manifest. */
  #writeManifest(): void {
    const { replicas, replicationFactor, corsOrigins = [], handoffBytesPerSecond } = this.#wish;
    const handoff =
      handoffBytesPerSecond === undefined ? {} : { maxBytesPerSecond: handoffBytesPerSecond };
    const next = `${this.#manifest()}.next`;
    writeFileSync(
      next,
      `apiVersion: dht.ringkeeper.dev/v1alpha1
kind: DhtCluster
metadata:
  name: ${NAME}
spec:
  replicas: ${replicas}
  replicationFactor: ${replicationFactor}
  http:
    corsOrigins: ${JSON.stringify(corsOrigins)}
  handoff: ${JSON.stringify(handoff)}
`,
    );
    renameSync(next, this.#manifest());
    this.#changedMs = Date.now();
  }
}
