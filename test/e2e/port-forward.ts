// `kubectl port-forward` as a person uses it, to a port that is free.
import { spawn } from 'node:child_process';
import { ended } from '../live/ended.ts';
import { until } from '../live/until.ts';
import type { Kube } from './kube.ts';

const OPEN_MS = 30_000;

/** What the act gives, which is told the port on this machine that leads there. */
export async function forwarded<T>(
  { settings, namespace }: Kube,
  { service, port }: { readonly service: string; readonly port: number },
  act: (localPort: number) => Promise<T>,
): Promise<T> {
  const to = [`service/${service}`, `:${String(port)}`];
  const line = ['--context', settings.context, '-n', namespace, 'port-forward', ...to];
  const child = spawn('kubectl', line);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const end = ended(child);
  try {
    const found = await until('the port is forwarded', OPEN_MS, () =>
      Promise.resolve(/127\.0\.0\.1:(\d+)/.exec(said)),
    );
    return await act(Number(found[1]));
  } finally {
    child.kill();
    await end;
  }
}
