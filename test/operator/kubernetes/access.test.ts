import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KUBE_TOKEN_MS } from '../../../core/limits.ts';
import { podAccess } from '../../../operator/kubernetes/access.ts';

const POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

let folder: string;
let nowMs = 0;
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringkeeper-account-'));
  nowMs = 0;
  write('token', 'first\n');
  write('ca.crt', 'authority');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a pod reaches the API server that its environment names, also at an IPv6 address', () => {
  expect(podAccess(POD)?.server).toBe('https://10.96.0.1:443');
  expect(podAccess({ ...POD, KUBERNETES_SERVICE_HOST: 'fd00::1' })?.server).toBe(
    'https://[fd00::1]:443',
  );
  expect(podAccess({})).toBeNull();
});

test('a pod shows the token that its kubelet has put there of late', async () => {
  const access = podAccess(POD, folder, () => nowMs)!;
  const shown = async () => (await access.authorize()).headers;
  expect(await shown()).toEqual({ authorization: 'Bearer first' });
  write('token', 'second');
  expect(await shown()).toEqual({ authorization: 'Bearer first' });
  nowMs = KUBE_TOKEN_MS + 1;
  expect(await shown()).toEqual({ authorization: 'Bearer second' });
  await access.close();
});

test('connections are kept for as long as the API server’s authority is the same', async () => {
  const access = podAccess(POD, folder, () => nowMs)!;
  const pool = async () => (await access.authorize()).dispatcher;
  const first = await pool();
  nowMs += KUBE_TOKEN_MS + 1;
  expect(await pool()).toBe(first);
  write('ca.crt', 'another authority');
  nowMs += KUBE_TOKEN_MS + 1;
  expect(await pool()).not.toBe(first);
  await access.close();
});
