// The Platform over child processes, data folders and ports on one machine: carries the planner's
// actions out and reports them.
import { rm } from 'node:fs/promises';
import { unreachable } from '../../core/assert.ts';
import type { NodeId } from '../../core/api/ids.ts';
import { LOCAL_HOST } from '../../core/limits.ts';
import { nodeClient } from '../node-client.ts';
import type { NodeClient } from '../node-client.ts';
import type { Platform } from '../platform.ts';
import type { Action } from '../planner/actions.ts';
import type { Desired, Observed } from '../planner/observed.ts';
import type { Plan } from '../planner/plan.ts';
import { postDocument } from '../post-document.ts';
import { checkRemoval } from '../removal.ts';
import type { NodeFacts, Survey } from '../survey.ts';
import type { DocumentFile } from './document-file.ts';
import { syncFolder } from './durable-file.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import type { PortBook } from './ports.ts';
import { volumeOf } from './process.ts';
import type { Readiness } from './readiness.ts';
import { nodesIn } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import type { Supervisor } from './supervisor.ts';
import type { Wake } from '../wake.ts';

/** What the platform is made of; see open.ts, which puts it together. */
export interface LocalParts {
  readonly folder: StateFolder;
  readonly manifest: ManifestFile;
  readonly documents: DocumentFile;
  readonly ports: PortBook;
  readonly supervisor: Supervisor;
  readonly readiness: Readiness;
  readonly survey: Survey;
  readonly wake: Wake;
  readonly token: string;
  /** `manifest`: the one that the plan was made for; another may be in force by now. */
  readonly published: (plan: Plan, observed: Observed, manifest: Manifest) => Promise<void>;
}

export class LocalPlatform implements Platform {
  private readonly parts: LocalParts;
  /** What the pass under way goes by. */
  private judgedBy: Manifest | null = null;

  constructor(parts: LocalParts) {
    this.parts = parts;
  }

  async desired(): Promise<Desired | null> {
    this.judgedBy = await this.parts.manifest.read();
    return this.judgedBy.desired;
  }

  async observe(): Promise<Observed> {
    const { folder, supervisor, documents, survey } = this.parts;
    await supervisor.tend();
    const facts = await Promise.all((await nodesIn(folder)).map((id) => this.factsOf(id)));
    return survey.observe(await documents.read(), facts, Date.now());
  }

  async apply(action: Action): Promise<void> {
    switch (action.kind) {
      case 'none':
        return;
      case 'start-node':
        return this.start(action.id);
      case 'restart-node':
        return this.restart(action.id);
      case 'store-document':
        return this.parts.documents.store(action.document, action.replaces);
      case 'post-document':
        return postDocument(action.document, action.to, (id) => this.clientOf(id));
      case 'remove-node':
        return this.remove(action);
      default:
        return unreachable(action);
    }
  }

  async report(plan: Plan, observed: Observed): Promise<void> {
    const { published, manifest } = this.parts;
    await published(plan, observed, this.judgedBy ?? manifest.current());
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    await this.parts.wake.wait(ms, signal);
  }

  private async factsOf(id: NodeId): Promise<NodeFacts> {
    const { manifest, ports, supervisor } = this.parts;
    const at = ports.of(id);
    const record = supervisor.recordOf(id);
    const process = supervisor.stateOf(id);
    const isAlive = process === 'running' || process === 'stopping';
    return {
      id,
      process,
      startedMs: record?.startedMs ?? 0,
      // Whatever starts next runs the desired revision; only a living process can have an old one.
      revision: isAlive ? (record?.revision ?? '') : manifest.current().desired.revision,
      address: at === null ? '' : `${LOCAL_HOST}:${at.peer}`,
      volume: await this.volumeNow(id),
      client: this.clientOf(id),
      zone: manifest.zoneOf(id),
    };
  }

  private async start(id: NodeId): Promise<void> {
    this.parts.readiness.admit(id);
    await this.parts.supervisor.start(id);
  }

  /** Clients go elsewhere first: the stop then finds only what is in flight. */
  private async restart(id: NodeId): Promise<void> {
    this.parts.readiness.withdraw(id);
    await this.parts.supervisor.stop(id);
    await this.start(id);
  }

  private async remove(action: Action & { readonly kind: 'remove-node' }): Promise<void> {
    const { folder, readiness, supervisor, survey } = this.parts;
    const check = async (): Promise<void> => {
      const running = supervisor.stateOf(action.id) === 'running';
      const incarnation = running ? (survey.lastReport(action.id)?.incarnation ?? null) : null;
      const occupant = { incarnation, volume: await this.volumeNow(action.id) };
      checkRemoval(action, occupant, await this.parts.documents.read());
    };
    await check();
    readiness.withdraw(action.id);
    await supervisor.stop(action.id);
    // Draining took its time; what is deleted now is judged by what is stored now.
    await check();
    await rm(folder.nodeFolder(action.id), { recursive: true, force: true });
    await syncFolder(folder.nodes);
    await supervisor.remove(action.id);
    readiness.admit(action.id);
  }

  /** UID of the node's volume. One kept in memory only is gone with its process, folder or not. */
  private async volumeNow(id: NodeId): Promise<string | null> {
    const { folder, manifest, supervisor, survey } = this.parts;
    const onDisk = await volumeOf(folder.dataFolder(id));
    if (!manifest.current().cluster.spec.storage.ephemeral) return onDisk;
    const isHeld = ['running', 'stopping'].includes(supervisor.stateOf(id));
    return isHeld ? (survey.lastReport(id)?.volume ?? onDisk) : null;
  }

  private clientOf(id: NodeId): NodeClient | null {
    const ports = this.parts.ports.of(id);
    return ports === null
      ? null
      : nodeClient({ origin: `http://${LOCAL_HOST}:${ports.admin}`, token: this.parts.token });
  }
}
