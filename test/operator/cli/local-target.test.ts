// Rings on this machine keep the contract of all targets.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { LocalOptions } from '../../../operator/cli/local-ring.ts';
import { localPlatform } from '../../../operator/cli/local-target.ts';
import { targetContract } from '../../contracts/target.ts';
import { makeRingFiles } from './ring-files.ts';

async function opened() {
  const base = await mkdtemp(join(tmpdir(), 'ringkeeper-target-'));
  const options: LocalOptions = { output: 'text', state: base };
  const files = [await makeRingFiles(base, 'dev')];
  return {
    manifest: files[0]!.manifest,
    operator: files[0]!.operator,
    rings: localPlatform,
    options,
    publish: files[0]!.publish,
    say: files[0]!.say,
    another: async (name: string) => {
      files.push(await makeRingFiles(base, name));
    },
    dispose: async () => {
      for (const each of files) await each.end();
      await rm(base, { recursive: true, force: true });
    },
  };
}

targetContract('a ring on this machine', opened);

test('a change leaves comments and order of the manifest as they were', async () => {
  const under = await opened();
  try {
    const target = await under.rings.target(under.options);
    await target.change(() => ({ replicas: 4, paused: true, decommission: ['dev-1'] }));
    const text = await readFile(under.manifest, 'utf8');
    expect(text).toContain('# of dev');
    expect(text).toContain('replicas: 4 # members');
    expect(text).toMatch(/paused: true\n {2}decommission:\n {4}- dev-1\n/);
  } finally {
    await under.dispose();
  }
});

test('who changes a manifest that comes with Ringkeeper is told so, and of another way', async () => {
  const under = await opened();
  try {
    const own = await under.rings.target(under.options);
    expect(own.afterChange).toBeUndefined();
    const example = fileURLToPath(new URL('../../../examples/dev.yaml', import.meta.url));
    const written = await readFile(under.operator, 'utf8');
    await writeFile(
      under.operator,
      JSON.stringify({ ...(JSON.parse(written) as object), manifest: example }),
    );
    const shipped = await under.rings.target(under.options);
    expect(shipped.afterChange).toContain('git shows it as changed');
    expect(shipped.afterChange).toContain('npm start -- -f FILE');
  } finally {
    await under.dispose();
  }
});

test('a ring on this machine does not hibernate, and says what does as much', async () => {
  const under = await opened();
  try {
    const target = await under.rings.target(under.options);
    await expect(target.change(() => ({ hibernate: true }))).rejects.toThrow(/npx dht stop/);
  } finally {
    await under.dispose();
  }
});
