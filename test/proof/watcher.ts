// Looks at the ring from outside, all the time: which nodes are ready, who went and came back, and
// whether a process was exchanged that nobody killed (an operator that restarts must adopt).
import { ADMIN_CALL_MS } from '../../core/limits.ts';
import { Connection, requestBytes } from '../live/connection.ts';
import type { LiveNode, OperatedRing } from '../live/operated-ring.ts';
import { OPERATOR } from './outages.ts';
import type { Outages } from './outages.ts';
import type { Target } from './ring-access.ts';

const LOOK_MS = 100;
const ARE_YOU_READY = requestBytes('GET', '/readyz');
const IS_ANYONE_THERE = requestBytes('GET', '/v1/ring');

export class Watcher {
  /** Nodes that were ready when last looked at. */
  ready: readonly LiveNode[] = [];
  /** Processes that were replaced though nobody killed them. */
  readonly exchanged: string[] = [];
  readonly #ring: OperatedRing;
  readonly #outages: Outages;
  readonly #now: () => number;
  /** Processes as last seen, and those that were killed. */
  readonly #processes = new Map<string, string>();
  readonly #killed = new Set<string>();
  readonly #wereReady = new Set<string>();
  #volumeAway: string | null = null;

  constructor(ring: OperatedRing, outages: Outages, now: () => number) {
    this.#ring = ring;
    this.#outages = outages;
    this.#now = now;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  targets(): { readonly proxy: Target; readonly nodes: readonly Target[] } {
    return {
      proxy: { node: null, port: this.#ring.proxyPort },
      nodes: this.ready.map(({ id, ports }) => ({ node: id, port: ports.client })),
    };
  }

  /** Kills the node; false where there was nothing to kill. */
  kill(node: LiveNode): boolean {
    this.#outages.begin(node.id, 'killed', this.#now());
    this.#killed.add(nameOf(node));
    return this.#ring.killNode(node);
  }

  wipe(node: LiveNode): void {
    this.#outages.begin(node.id, 'killed', this.#now());
    this.#outages.begin(node.id, 'wiped', this.#now());
    this.#killed.add(nameOf(node));
    this.#volumeAway = node.id;
    this.#ring.wipe(node);
  }

  /** The lost volume was rebuilt. */
  rebuilt(): void {
    if (this.#volumeAway !== null) this.#outages.end(this.#volumeAway, this.#now(), 'wiped');
    this.#volumeAway = null;
  }

  async killOperator(): Promise<void> {
    this.#outages.begin(OPERATOR, 'killed', this.#now());
    await this.#ring.killOperator();
  }

  async #look(): Promise<void> {
    const nodes = this.#ring.nodes();
    const answers = await Promise.all(
      nodes.map((node) => isAnswered(node.ports.admin, ARE_YOU_READY)),
    );
    this.ready = nodes.filter((_node, i) => answers[i]);
    nodes.forEach((node, i) => this.#note(node, answers[i] ?? false));
    this.#forgetRemoved(nodes);
    if (!this.#outages.isAway(OPERATOR) || !this.#ring.operatorRuns) return;
    if (await isAnswered(this.#ring.proxyPort, IS_ANYONE_THERE))
      this.#outages.end(OPERATOR, this.#now());
  }

  #note(node: LiveNode, isReady: boolean): void {
    const { id } = node;
    const name = nameOf(node);
    this.#outages.end(id, this.#now(), 'removed');
    const before = this.#processes.get(id);
    if (
      before !== undefined &&
      before !== name &&
      !this.#killed.has(before) &&
      !this.#outages.isAway(id)
    ) {
      this.exchanged.push(`${id}: process ${before} became ${name}`);
    }
    this.#processes.set(id, name);
    if (isReady && !this.#killed.has(name)) {
      for (const why of ['killed', 'starting', 'leaving'] as const)
        this.#outages.end(id, this.#now(), why);
      this.#wereReady.add(name);
    } else if (!isReady && !this.#outages.isAway(id)) {
      this.#outages.begin(id, this.#wereReady.has(name) ? 'leaving' : 'starting', this.#now());
    }
  }

  /** Who was taken out of the ring is missed by nobody any more. */
  #forgetRemoved(nodes: readonly LiveNode[]): void {
    for (const id of this.#processes.keys()) {
      if (nodes.some((node) => node.id === id) || this.#outages.isAway(id, 'removed')) continue;
      this.#outages.end(id, this.#now());
      this.#outages.begin(id, 'removed', this.#now());
      // Should it be wanted again, that is another process of the same name.
      this.#processes.delete(id);
    }
  }
}

function nameOf({ process: { pid, identity } }: LiveNode): string {
  return `${pid} ${identity ?? ''}`;
}

async function isAnswered(port: number, request: Buffer): Promise<boolean> {
  const connection = new Connection(port);
  const patience = setTimeout(() => {
    connection.close();
  }, ADMIN_CALL_MS);
  try {
    return (await connection.ask(request)).status === 200;
  } catch {
    return false;
  } finally {
    clearTimeout(patience);
    connection.close();
  }
}
