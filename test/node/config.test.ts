import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, parseConfig } from '../../node/config.ts';
import type { NodeConfig } from '../../node/config.ts';
import { environmentName, helpText, SETTINGS } from '../../node/settings.ts';

/** Parses with a good secret and token beside what is given. */
function parse(
  args: string[],
  environment: Record<string, string> = {},
  isTerminal = false,
): NodeConfig {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  try {
    writeFileSync(join(folder, 'secret'), 'a secret of sixteen and more\n');
    writeFileSync(join(folder, 'short'), 'short');
    const given = args.map((arg) => arg.replace('@', folder));
    return parseConfig({
      args: given,
      isTerminal,
      environment: {
        RINGKEEPER_ID: 'dev-0',
        RINGKEEPER_DATA: '/data',
        RINGKEEPER_CLUSTER_SECRET_FILE: join(folder, 'secret'),
        RINGKEEPER_ADMIN_TOKEN_FILE: join(folder, 'secret'),
        ...environment,
      },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('settings', () => {
  test('have defaults that reach nobody but this machine', () => {
    const config = parse([]);
    expect(config).toMatchObject({
      id: 'dev-0',
      client: { host: '127.0.0.1', port: 8080 },
      admin: { port: 8081 },
      peer: { port: 8082 },
      durability: 'sync',
      ephemeral: false,
      cacheBytes: 64 * 2 ** 20,
      handoffBytesPerSecond: Infinity,
      logFormat: 'json',
      volumeUid: null,
    });
    expect(config.clusterSecret.toString()).toBe('a secret of sixteen and more');
  });

  test('throttle handoff by bytes a second', () => {
    expect(parse(['--handoff-bytes-per-second', '8Mi']).handoffBytesPerSecond).toBe(8 * 2 ** 20);
  });

  test('come from flags or the environment, and a flag wins', () => {
    const config = parse(['--client', ':9000', '--durability=relaxed'], {
      RINGKEEPER_CLIENT: 'h:1',
      RINGKEEPER_ADMIN: '[::1]:0',
      RINGKEEPER_CORS_ORIGINS: 'https://a.example, *',
    });
    expect(config.client).toEqual({ host: '::', port: 9000 });
    expect(config.admin).toEqual({ host: '::1', port: 0 });
    expect(config.durability).toBe('relaxed');
    expect(config.corsOrigins).toEqual(['https://a.example', '*']);
  });

  test('the log is for people on a terminal and for machines elsewhere', () => {
    expect(parse([], {}, true).logFormat).toBe('pretty');
    expect(parse(['--log-format', 'json'], {}, true).logFormat).toBe('json');
  });

  test('an ephemeral node needs no data folder', () => {
    expect(parse(['--ephemeral', 'true', '--data', '']).dataFolder).toBe('');
    expect(() => parse(['--data', ''])).toThrow('--data (RINGKEEPER_DATA): is required');
  });

  test.each([
    [['--id', 'Dev_0'], '"Dev_0" is no name'],
    [['--client', '8080'], 'give HOST:PORT'],
    [['--client', 'h:70000'], '0 to 65535'],
    [['--advertise', '0.0.0.0:1'], 'cannot be reached by others'],
    [['--advertise', 'h:0'], 'name the port'],
    [['--cluster-secret-file', '@/absent'], 'ENOENT'],
    [['--admin-token-file', '@/short'], 'holds 5 bytes; 16 or more'],
    [['--cache-bytes', '1GB'], 'such as 67108864 or 64Mi'],
    [['--cors-origins', 'app.example'], 'is no origin'],
    [['--ephemeral', 'yes'], 'not one of true, false'],
    [['--log-level', 'loud'], 'not one of debug, info'],
    [['--colour', 'red'], '--colour'],
    [['stray'], 'stray'],
  ])('%j is refused with what would be right', (args, complaint) => {
    expect(() => parse(args)).toThrow(ConfigError);
    expect(() => parse(args)).toThrow(complaint);
  });

  test('all complaints come at once, each naming flag and variable', () => {
    expect(() => parse(['--id', '', '--client', 'x'])).toThrow(
      /--id \(RINGKEEPER_ID\).*\n.*--client \(RINGKEEPER_CLIENT\)/,
    );
  });

  test('the help names every flag and exit code', () => {
    for (const { flag } of SETTINGS) expect(helpText()).toContain(`--${flag}`);
    expect(environmentName('cluster-secret-file')).toBe('RINGKEEPER_CLUSTER_SECRET_FILE');
    for (const code of ['0 ', '2 ', '3 ', '4 ', '5 ', '70', '130'])
      expect(helpText()).toContain(`\n  ${code}`);
  });
});
