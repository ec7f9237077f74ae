// The memory store: the contract, and what only an ephemeral store is.
import { expect, test } from '@jest/globals';
import { openMemoryStorage } from '../../../node/storage/memory.ts';
import { storageContract } from '../../contracts/storage.ts';

storageContract('memory', async (run) => {
  const storage = await openMemoryStorage();
  try {
    await run(storage);
  } finally {
    await storage.close();
  }
});

test('each start of an ephemeral store is a new incarnation with nothing in it', async () => {
  const one = await openMemoryStorage();
  const two = await openMemoryStorage();
  expect(one.identity.incarnation).toMatch(/^[0-9a-f]{16}$/);
  expect(two.identity.incarnation).not.toBe(one.identity.incarnation);
  expect(two.state).toEqual({ document: null, actor: null, marks: new Map(), hints: new Map() });
  expect(two.stats().diskFull).toBe(false);
});
