// The operator's entry: `kubernetes` as the first word runs it on a Kubernetes cluster, anything else as
// plain processes on this machine. Each loads only what it needs.
const [platform, ...rest] = process.argv.slice(2);

if (platform === 'kubernetes') {
  const { runOnKubernetes } = await import('./kubernetes/main.ts');
  process.exit(await runOnKubernetes(rest));
}
const { runLocally } = await import('./local/main.ts');
process.exitCode = await runLocally(process.argv.slice(2));
