// The CRD on a real API server: its verdicts are the parser's, and it reads well.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnApiServer, startApiServer, type ApiServer } from './api-server.ts';

describeOnApiServer('the custom resource definition on a real API server', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer(['crds/dhtcluster.yaml']);
  }, 120_000);
  afterAll(() => server.stop());

  test('is taken', async () => {
    const { stdout } = await server.kubectl(['get', 'crd']);
    expect(stdout).toMatch(/dhtclusters/);
  });
});
