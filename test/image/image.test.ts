// The image: what it says of itself, and that it needs nothing but to be started.
import { beforeAll, expect, test } from '@jest/globals';
import { until } from '../live/until.ts';
import { BUILD_MS, buildImage, describeInContainers, docker, IMAGE } from './containers.ts';

/** As a pod of the restricted profile. */
const RUN = ['run', '--rm', '--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'];

describeInContainers('the image', () => {
  beforeAll(buildImage, BUILD_MS);

  test.each([
    ['node', /One node of a Ringkeeper ring/],
    ['operator', /Usage: ringkeeper/],
    ['dht', /Looks after a Ringkeeper ring/],
  ])('has the command %s', async (command, what) => {
    expect(await docker([...RUN, IMAGE, command, '--help'])).toEqual({
      code: 0,
      output: expect.stringMatching(what) as unknown as string,
    });
  });

  test('tells how to use it, and when it is used wrongly', async () => {
    const usage = /usage: ringkeeper COMMAND[\s\S]*node [\s\S]*operator [\s\S]*dht /;
    const { code, output } = await docker([...RUN, IMAGE]);
    expect([code, usage.test(output)]).toEqual([0, true]);
    const wrong = await docker([...RUN, IMAGE, 'nod']);
    expect(wrong).toEqual({
      code: 2,
      output: expect.stringMatching(/There is no command "nod"/) as unknown as string,
    });
  });

  test('runs as nobody of this host, by number, and can write nowhere', async () => {
    const shell = [...RUN, '--entrypoint', 'sh', IMAGE, '-c'];
    expect((await docker([...shell, 'id -u'])).output).toBe('10001\n');
    const { output } = await docker([...shell, 'touch /app/x /tmp/x; ls /app']);
    expect(output.match(/Read-only file system/g)?.length).toBe(2);
  });

  test('carries what runs and nothing more', async () => {
    const shell = ['run', '--rm', '--entrypoint', 'sh', IMAGE, '-c'];
    const { output } = await docker([...shell, 'ls /app; ls /app/dist; ls /app/node_modules']);
    const names = output.split('\n');
    expect(names).toEqual(expect.arrayContaining(['dist', 'core', 'node', 'operator', 'koa']));
    const extra = names.filter((name) => /^(test|jest|typescript|eslint|node-linux.*)$/.test(name));
    expect(extra).toEqual([]);
  });

  test('says what it is made from', async () => {
    const { output } = await docker(['inspect', '-f', '{{json .Config}}', IMAGE]);
    const { Labels, User } = JSON.parse(output) as { Labels: Record<string, string>; User: string };
    const label = (name: string): string | undefined => Labels[`org.opencontainers.image.${name}`];
    expect(User).toBe('10001:10001');
    expect(label('title')).toBe('ringkeeper');
    expect(label('licenses')).toBe('Apache-2.0');
    expect(label('revision')).toBeDefined();
  });

  test('lets a command be stopped that waits for its input', async () => {
    const name = `ringkeeper-test-${process.pid}`;
    const put = ['dht', '--url', 'http://localhost:1', 'kv', 'put', 'key'];
    await docker(['run', '-d', '-i', '--name', name, IMAGE, ...put]);
    // Again and again: until Node has begun, the first process of a container hears nothing.
    const output = await until('the command ends', 30_000, async () => {
      await docker(['kill', '-s', 'TERM', name]);
      const { output: state } = await docker(['inspect', '-f', '{{json .State}}', name]);
      const { Status, ExitCode } = JSON.parse(state) as { Status: string; ExitCode: number };
      return Status === 'exited' && String(ExitCode);
    });
    await docker(['rm', '-f', name]);
    expect(output).toBe('143');
  });
});
