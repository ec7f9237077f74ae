import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { openManifest } from '../../../operator/local/manifest.ts';
import type { ManifestEvent } from '../../../operator/local/manifest.ts';
import { makeStateFolder } from '../../../operator/local/state-folder.ts';
import { manifestText } from './cluster-at-hand.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

function withManifest(
  text: string,
  work: (at: {
    folder: string;
    path: string;
    told: ManifestEvent[];
    open: () => ReturnType<typeof openManifest>;
  }) => Promise<void>,
): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const path = join(folder, 'ring.yaml');
    await writeFile(path, text);
    const told: ManifestEvent[] = [];
    await work({
      folder,
      path,
      told,
      open: () =>
        openManifest(path, folder, { told: (event) => told.push(event), changed: () => undefined }),
    });
  });
}

describe('the manifest in force', () => {
  test('follows an edit, and tells once what changed', () =>
    withManifest(manifestText({ replicas: 3 }), async ({ folder, path, told, open }) => {
      const manifest = await open();
      await makeStateFolder(folder, manifest.folder);
      expect((await manifest.read()).desired.replicas).toBe(3);
      await writeFile(path, manifestText({ replicas: 5 }));
      expect((await manifest.read()).desired.replicas).toBe(5);
      await manifest.read();
      expect(told).toEqual([{ kind: 'changed', path, summary: 'replicas 3 → 5' }]);
      manifest.close();
    }));

  test('stays as it was under an edit that is not valid, told once with the reason', () =>
    withManifest(manifestText({ replicas: 3 }), async ({ path, told, open }) => {
      const manifest = await open();
      await writeFile(path, manifestText({ replicas: 0 }));
      expect((await manifest.read()).desired.replicas).toBe(3);
      expect((await manifest.read()).desired.replicas).toBe(3);
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({
        kind: 'invalid',
        problems: [expect.stringContaining('spec.replicas')],
      });
      manifest.close();
    }));

  test('does not take what a ring can never change', () =>
    withManifest(manifestText({ replicas: 3 }), async ({ path, told, open }) => {
      const manifest = await open();
      await writeFile(path, `${manifestText({ replicas: 3 })}  slotBits: 7\n`);
      expect((await manifest.read()).desired.slotBits).toBe(12);
      expect(told[0]).toMatchObject({ problems: [expect.stringContaining('slotBits')] });
      await writeFile(path, manifestText({ replicas: 3, name: 'other' }));
      expect((await manifest.read()).cluster.metadata.name).toBe('ring');
      manifest.close();
    }));

  test('survives the loss of its file', () =>
    withManifest(manifestText({ replicas: 3 }), async ({ path, told, open }) => {
      const manifest = await open();
      await rm(path);
      expect((await manifest.read()).desired.replicas).toBe(3);
      expect(told).toEqual([{ kind: 'missing', path }]);
      manifest.close();
    }));

  test('is the last good one where an operator starts beside a damaged file', () =>
    withManifest(manifestText({ replicas: 3 }), async ({ folder, path, told, open }) => {
      const first = await open();
      await makeStateFolder(folder, first.folder);
      await first.keep();
      first.close();
      await writeFile(path, manifestText({ replicas: 0 }));
      const second = await open();
      expect(second.current().desired.replicas).toBe(3);
      expect(told).toMatchObject([{ kind: 'invalid' }]);
      second.close();
    }));

  test('is refused where there is no good one at all, naming every problem', () =>
    withManifest(manifestText({ replicas: 0 }), async ({ open }) => {
      await expect(open()).rejects.toMatchObject({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining('spec.replicas'),
      });
    }));

  test('spreads nodes over its zones in turn', () =>
    withManifest(
      `${manifestText({ replicas: 3 })}  topology: { zones: [a, b] }\n`,
      async ({ open }) => {
        const manifest = await open();
        expect([0, 1, 2].map((n) => manifest.zoneOf(nodeId(`ring-${n}`)))).toEqual(['a', 'b', 'a']);
        manifest.close();
      },
    ));
});
