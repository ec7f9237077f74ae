import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { isAlive, nameProcess, signalProcess } from '../../../operator/local/process-identity.ts';

describe('the name of a process', () => {
  test('lives as long as the process', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    await once(child, 'spawn');
    const name = nameProcess(child.pid!);
    expect(isAlive(name)).toBe(true);
    const ended = once(child, 'exit');
    expect(signalProcess(name, 'SIGKILL')).toBe(true);
    await ended;
    expect(isAlive(name)).toBe(false);
    expect(signalProcess(name, 'SIGKILL')).toBe(false);
  });

  test('a recycled number is not the process, and is never signalled', () => {
    const impostor = { pid: process.pid, identity: 'another boot/12345' };
    expect(isAlive(impostor)).toBe(false);
    expect(signalProcess(impostor, 'SIGTERM')).toBe(false);
  });

  test('one that was gone before it was named never lives', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    expect(isAlive(nameProcess(child.pid!))).toBe(false);
  });

  test.each([0, 1, -1, 1.5, Number.NaN])('%d names no process of ours', (pid) => {
    expect(isAlive({ pid, identity: null })).toBe(false);
  });
});
