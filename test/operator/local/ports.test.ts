import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { LOCAL_HOST, LOCAL_PORT_MAX } from '../../../core/limits.ts';
import { isFree, openPortBook, takenPorts } from '../../../operator/local/ports.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const BASE = 20_000 + (process.pid % 100) * 40;

describe('the ports of nodes', () => {
  test('stay the same for an id, over a restart of the operator too', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'ports.json');
      const ports = await (await openPortBook(path, BASE)).assign(nodeId('ring-1'));
      expect((await openPortBook(path, BASE + 1000)).of(nodeId('ring-1'))).toEqual(ports);
      expect(await (await openPortBook(path, BASE + 1000)).assign(nodeId('ring-1'))).toEqual(ports);
    }));

  test('differ between ids, and lie below those of outgoing connections', () =>
    inTemporaryFolder(async (folder) => {
      const book = await openPortBook(join(folder, 'ports.json'), BASE);
      const all = [];
      for (const id of ['ring-0', 'ring-1', 'ring-2'])
        all.push(...(Object.values(await book.assign(nodeId(id))) as number[]));
      expect(new Set(all).size).toBe(9);
      expect(Math.max(...all)).toBeLessThanOrEqual(LOCAL_PORT_MAX);
    }));

  test('are not those that another process holds', () =>
    inTemporaryFolder(async (folder) => {
      const book = await openPortBook(join(folder, 'ports.json'), BASE);
      const first = await book.assign(nodeId('ring-0'));
      const holder = createServer().listen(first.admin, LOCAL_HOST);
      await once(holder, 'listening');
      expect(await takenPorts(first)).toEqual([first.admin]);
      const second = await book.reassign(nodeId('ring-0'));
      expect(second.client).not.toBe(first.client);
      expect(await takenPorts(second)).toEqual([]);
      holder.close();
      await once(holder, 'close');
    }));

  test('a port is free exactly while nobody listens on it', async () => {
    const holder = createServer().listen(0, LOCAL_HOST);
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    expect(await isFree(port)).toBe(false);
    holder.close();
    await once(holder, 'close');
    expect(await isFree(port)).toBe(true);
  });
});
