// The life of an installation on a real API server: rings outlive the chart, and what the notes tell
// people to type is taken.
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnApiServer, startApiServer, untilServed } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { CHART, HELM } from './chart.ts';

const RELEASE = ['ringkeeper', CHART, '-n', 'ringkeeper-system', '--set=watchNamespaces={default}'];
const OTHER = ['ringkeeper', CHART, '-n', 'other', '--create-namespace'];
const RING = `
apiVersion: dht.ringkeeper.dev/v1alpha1
kind: DhtCluster
metadata: {name: example, namespace: default}
`;

describeOnApiServer('the installation', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  }, 180_000);
  afterAll(() => server.stop());

  const helm = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, KUBECONFIG: server.kubeconfig };
      execFile(HELM, args, { env }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`helm ${args[0]}: ${stderr}`, { cause: error }));
      });
    });
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { stdout, stderr, code } = await server.kubectl(args);
    return code === 0 ? stdout : stderr;
  };
  const uid = (): Promise<string> =>
    kubectl('get', 'dht', 'example', '-o', 'jsonpath={.metadata.uid}');

  test('tells people how to make a ring, and the API server takes it', async () => {
    const notes = await helm('install', ...RELEASE, '--create-namespace');
    await untilServed(server);
    const manifest = /<<'END'\n([\s\S]*?)\n +END/.exec(notes)?.[1]?.replace(/^ {5}/gm, '');
    const { stdout, stderr } = await server.kubectl(
      ['apply', '--dry-run=server', '-f', '-'],
      manifest ?? '',
    );
    expect([stdout, stderr]).toEqual([
      'dhtcluster.dht.ringkeeper.dev/example created (server dry run)\n',
      '',
    ]);
  });

  test('leaves rings alone when it is upgraded, uninstalled and installed again', async () => {
    await server.kubectl(['apply', '-f', '-'], RING);
    const before = await uid();
    expect(before).toMatch(/^[0-9a-f-]{36}$/);
    await helm('upgrade', ...RELEASE, '--set', 'replicas=3');
    expect(await uid()).toBe(before);
    const said = await helm('uninstall', 'ringkeeper', '-n', 'ringkeeper-system');
    expect(said).toMatch(/CustomResourceDefinition.*dhtclusters\.dht\.ringkeeper\.dev/);
    expect(await uid()).toBe(before);
    const left = await kubectl(
      'get',
      'validatingadmissionpolicies,clusterroles,clusterrolebindings',
      '-o',
      'name',
    );
    expect(left).not.toMatch(/ringkeeper/);
    await helm('install', ...RELEASE);
    expect(await uid()).toBe(before);
  });

  test('shares the definition with other releases, and changes none that is not its own', async () => {
    const crd = ['crd', 'dhtclusters.dht.ringkeeper.dev', '--overwrite'];
    const other = [...OTHER, '--set=watchNamespaces={kube-public}'];
    await helm('install', ...other);
    await helm('uninstall', 'ringkeeper', '-n', 'other');
    await kubectl('annotate', ...crd, 'dht.ringkeeper.dev/definition=older');
    const refusal = await helm('install', ...other).catch(String);
    expect(refusal).toMatch(/belongs to release ringkeeper of namespace ringkeeper-system/);
    const commands =
      refusal.match(/kubectl (label|annotate) crd [^&\n]*?(?=( &&|\. To leave))/g) ?? [];
    expect(commands.length).toBe(2);
    for (const command of commands) await kubectl(...command.split(' ').slice(1));
    await helm('install', ...other);
    await helm('uninstall', 'ringkeeper', '-n', 'other');
  });

  test.each([
    [['default', 'kube-public'], 'default'],
    [[], 'default'],
  ])('refuses a second operator for rings of one namespace: %j', async (namespaces, shared) => {
    const watch = `--set=watchNamespaces={${namespaces.join(',')}}`;
    const scope = namespaces.length === 0 ? [] : [watch];
    expect(await helm('install', ...OTHER, ...scope).catch(String)).toContain(
      `ringkeeper-operator.ringkeeper-system looks after rings of ${shared} already`,
    );
  });

  test('goes without helm: the plain manifests are taken as they are', async () => {
    await helm('uninstall', 'ringkeeper', '-n', 'ringkeeper-system');
    const said = await kubectl(
      'apply',
      '--server-side',
      '--force-conflicts',
      '-f',
      'deploy/ringkeeper.yaml',
    );
    expect(said).not.toMatch(/[Ee]rror/);
    expect(said).toMatch(/deployment\.apps\/ringkeeper-operator serverside-applied/);
  });
});
