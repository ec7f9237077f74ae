// The operator on the cluster, installed from the chart as a user would, with the images that the
// scenarios need; all in namespaces of our own, gone at the end.
import { join } from 'node:path';
import { until } from '../live/until.ts';
import { buildImages, IMAGES } from './images.ts';
import { HOW_TO, Kube, isReady, run } from './kube.ts';
import type { E2eSettings, Pod } from './kube.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHART = join(ROOT, 'helm/ringkeeper');
const RELEASE = 'ringkeeper';
const OPERATORS = 'app.kubernetes.io/name=ringkeeper,app.kubernetes.io/component=operator';
const DEFINITION = 'dhtclusters.dht.ringkeeper.dev';
const HELM_MS = 180_000;
/** ms between two blows at the operator. */
const BLOW_MS = 5_000;

export class Installation {
  readonly images = IMAGES;
  /** Where the operator runs. */
  readonly kube: Kube;
  /** Where the rings live. */
  readonly rings: Kube;

  /** The definition belongs to another release: it is used as it is, and stays. */
  readonly #isDefined: boolean;

  private constructor(settings: E2eSettings, isDefined: boolean) {
    const run = process.pid.toString(36);
    this.kube = new Kube(settings, `ringkeeper-e2e-${run}`);
    this.rings = new Kube(settings, `ringkeeper-e2e-${run}-rings`);
    this.#isDefined = isDefined;
  }

  /** ms from helm install until the operators were ready. */
  installMs = 0;

  static async open(settings: E2eSettings): Promise<Installation> {
    await refuseStrangers(settings);
    await buildImages(settings);
    const definition = await run('kubectl', ['get', 'crd', DEFINITION, '--ignore-not-found']);
    const installed = new Installation(settings, definition !== '');
    try {
      await installed.kube.create();
      await installed.rings.create();
      const beganMs = performance.now();
      await installed.install();
      installed.installMs = performance.now() - beganMs;
      return installed;
    } catch (error) {
      // What is left would be in the way of the next one: it has the same names.
      await installed.close().catch((left: unknown) => {
        process.stderr.write(`  left behind: ${String(left)}\n`);
      });
      throw error;
    }
  }

  async install(): Promise<void> {
    await this.#helm(['install', RELEASE, CHART, ...this.#values, '--wait', '--timeout=120s']);
  }

  async upgrade(): Promise<void> {
    await this.#helm([
      'upgrade',
      RELEASE,
      CHART,
      ...this.#values,
      '--set-string=podAnnotations.upgraded=yes',
      '--wait',
      '--timeout=120s',
    ]);
  }

  /** The operator goes, with its policies; rings and CRDs stay. */
  async uninstall(): Promise<void> {
    await this.#helm(['uninstall', RELEASE, '--wait']);
  }

  /** Takes away all that it can; throws what failed first. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    const step = (work: () => Promise<unknown>): Promise<unknown> =>
      work().catch((error: unknown) => failures.push(error));
    await step(() => this.rings.destroy());
    await step(async () => {
      if ((await this.#helm(['list', '-q'])) !== '') await this.uninstall();
    });
    await step(() => this.kube.destroy());
    // Uninstalling keeps it, for the sake of rings; those that were made here are gone.
    if (!this.#isDefined)
      await step(() => this.kube.again(['delete', 'crd', DEFINITION, '--ignore-not-found']));
    if (failures.length > 0) throw failures[0];
  }

  /** Kills every operator pod at once, so many times in a row. */
  async killOperatorsAgainAndAgain(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await new Promise((again) => setTimeout(again, BLOW_MS));
      await this.killOperators();
    }
    await until(
      'an operator is ready again',
      HELM_MS,
      async () => (await this.operators()).some(isReady),
      500,
    );
  }

  operators(): Promise<readonly Pod[]> {
    return this.kube.pods(OPERATORS);
  }

  /** Kills every operator pod at once. */
  async killOperators(): Promise<void> {
    const force = ['--force', '--grace-period=0', '--wait=false'];
    await this.kube.kubectl(['delete', 'pod', '-l', OPERATORS, ...force]);
  }

  /** While this lasts, claims may be deleted: docs/kubernetes.md says how a person would do it. */
  async withoutClaimPolicy(act: () => Promise<void>): Promise<void> {
    const kind = 'validatingadmissionpolicybindings';
    const all = (await this.kube.look([kind, '-o', 'name'])).split('\n');
    const mine = all.filter(
      (name) => name.includes(this.kube.namespace) && /\.(claims|named)$/.test(name),
    );
    await this.kube.kubectl(['delete', ...mine]);
    try {
      await act();
    } finally {
      await this.upgrade();
    }
  }

  async hosts(): Promise<readonly string[]> {
    const { items } = await this.kube.get<{ items: readonly { metadata: { name: string } }[] }>([
      'nodes',
    ]);
    return items.map(({ metadata }) => metadata.name);
  }

  get #values(): readonly string[] {
    return [
      '--set-string=image.repository=ringkeeper,image.tag=dev,image.pullPolicy=IfNotPresent',
      // Other people's rings on this cluster are not ours to touch.
      `--set=watchNamespaces={${this.rings.namespace}}`,
      `--set=crds.enabled=${String(!this.#isDefined)}`,
    ];
  }

  #helm(args: readonly string[]): Promise<string> {
    const { settings, namespace } = this.kube;
    return run('helm', ['--kube-context', settings.context, '-n', namespace, ...args], {
      timeoutMs: HELM_MS,
    });
  }
}

/** The cluster must be the one that was named: nobody's production is found by accident. */
async function refuseStrangers({ context }: E2eSettings): Promise<void> {
  const current = (await run('kubectl', ['config', 'current-context'])).trim();
  if (current !== context)
    throw new Error(
      `the current context is ${current}, E2E_CONTEXT names ${context}: refused; ${HOW_TO}`,
    );
}
