import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';

const POOLED_CONFIG = new URL('../../../operator/kubernetes/pooled-config.ts', import.meta.url)
  .href;

/** Addresses of everything that is loaded with the module, in a process of its own. */
function loadedWith(module: string): readonly string[] {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { PooledKubeConfig } = await import(${JSON.stringify(module)});
    const config = new PooledKubeConfig();
    config.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: '' });
    console.log(JSON.stringify(loaded));`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return JSON.parse(answer) as string[];
}

describe('reading a kubeconfig', () => {
  test('loads the client library, but none of the methods and classes that it generates', () => {
    const loaded = loadedWith(POOLED_CONFIG).filter((url) =>
      url.includes('@kubernetes/client-node'),
    );
    expect(loaded.some((url) => url.endsWith('/dist/config.js'))).toBe(true);
    expect(loaded.filter((url) => /\/gen\/(types|models|apis)\//.test(url))).toEqual([]);
  });
});
