// The disk gauge: what is free and when that is too little.
import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDiskGauge } from '../../../node/storage/disk-space.ts';
import { withFolder } from './samples.ts';

test('a disk is full when less than the reserve is free', () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, 'file'), 'x'.repeat(1234));
    const roomy = await openDiskGauge(folder, { reserveBytes: 0 });
    const tight = await openDiskGauge(folder, { reserveBytes: Number.MAX_SAFE_INTEGER });
    expect(roomy.now()).toMatchObject({ full: false, usedBytes: 1234 });
    expect(roomy.now().freeBytes).toBeGreaterThan(0);
    expect(tight.now().full).toBe(true);
    roomy.close();
    tight.close();
  }));
