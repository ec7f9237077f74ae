// The operator's entry: `kubernetes` as the first word runs it on a Kubernetes cluster, anything else as
// plain processes on this machine. Each loads only what it needs. Only here do they meet the console.
import type { ConsoleOpener } from './console-place.ts';

const [platform, ...rest] = process.argv.slice(2);

const openConsole: ConsoleOpener = async (place, at) =>
  (await import('./console/server.ts')).openConsole(place, at);

if (platform === 'kubernetes') {
  await import('./kubernetes/small-process.ts');
  const { runOnKubernetes } = await import('./kubernetes/main.ts');
  process.exit(await runOnKubernetes(rest, openConsole));
}
const { runLocally } = await import('./local/main.ts');
process.exitCode = await runLocally(process.argv.slice(2), openConsole);
