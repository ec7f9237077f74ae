// The operator on the cluster, installed from the chart as a user would, with the images that the
// scenarios need; all in namespaces of our own, gone at the end.
import { join } from 'node:path';
import { until } from '../live/until.ts';
import { HOW_TO, Kube, isReady, run } from './kube.ts';
import type { E2eSettings } from './kube.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHART = join(ROOT, 'helm/ringkeeper');
const RELEASE = 'ringkeeper';
const OPERATORS = 'app.kubernetes.io/name=ringkeeper,app.kubernetes.io/component=operator';
const DEFINITION = 'dhtclusters.dht.ringkeeper.dev';
const BUILD_MS = 900_000;
const HELM_MS = 180_000;
/** ms between two blows at the operator. */
const BLOW_MS = 5_000;

export interface Images {
  readonly ring: string;
  /** The same under another name: what a rolling upgrade goes to. */
  readonly other: string;
  readonly load: string;
}

const IMAGES: Images = {
  ring: 'ringkeeper:dev',
  other: 'ringkeeper:other',
  load: 'ringkeeper-load:dev',
};

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

  static async open(settings: E2eSettings): Promise<Installation> {
    await refuseStrangers(settings);
    await buildImages(settings);
    const definition = await run('kubectl', ['get', 'crd', DEFINITION, '--ignore-not-found']);
    const installed = new Installation(settings, definition !== '');
    await installed.kube.create();
    await installed.rings.create();
    await installed.install();
    return installed;
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

  async close(): Promise<void> {
    await this.rings.destroy();
    if ((await this.#helm(['list', '-q'])) !== '') await this.uninstall();
    await this.kube.destroy();
  }

  /** Kills every operator pod at once, so many times. */
  async killOperators(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await new Promise((again) => setTimeout(again, BLOW_MS));
      await this.kube.kubectl([
        'delete',
        'pod',
        '-l',
        OPERATORS,
        '--force',
        '--grace-period=0',
        '--wait=false',
      ]);
    }
    await until(
      'an operator is ready again',
      HELM_MS,
      async () => (await this.kube.pods(OPERATORS)).some(isReady),
      500,
    );
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

async function buildImages({ loadImage }: E2eSettings): Promise<void> {
  const build = { timeoutMs: BUILD_MS };
  await run('npm', ['--prefix', ROOT, 'run', '--silent', 'image'], build);
  await run('docker', ['tag', IMAGES.ring, IMAGES.other]);
  const load = ['build', '-q', '-f', join(ROOT, 'test/e2e/Dockerfile'), '-t', IMAGES.load, ROOT];
  await run('docker', load, build);
  const [command, ...args] = loadImage.split(' ');
  await run(command!, [...args, IMAGES.ring, IMAGES.other, IMAGES.load], build);
}
