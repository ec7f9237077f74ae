// `kubectl dht`: the commands of `dht` for rings on Kubernetes. kubectl finds `kubectl-dht` on the PATH.
import { kubernetesPlatform } from './kubernetes-target.ts';
import { helpEnd, programOf, runProgram } from './program.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal({ out: process.stdout, err: process.stderr });
const cli = { terminal, rings: kubernetesPlatform, name: 'kubectl dht' };

const program = programOf(
  cli,
  'Looks after Ringkeeper rings on Kubernetes: what they do, and their size.',
)
  .option('-n, --namespace <name>', "namespace of the ring; the context's otherwise")
  .option('--context <name>', 'context of the kubeconfig')
  .option('--kubeconfig <file>', 'kubeconfig; KUBECONFIG or ~/.kube/config otherwise')
  .option('-r, --cluster <name>', 'which ring, where the namespace has several')
  .addHelpText(
    'after',
    helpEnd(`Examples:
  kubectl dht status                   what the ring is doing
  kubectl dht why dev -n rings         why it waits, and what would unblock it
  kubectl dht plan --replicas 5        what scaling would move, before the act
  kubectl dht scale dev 5 --wait       scale, and follow it to its end
  kubectl dht decommission dev-1       take one certain member out
  kubectl dht get -A                   all rings`),
  );

program.commands
  .find((command) => command.name() === 'get')
  ?.option('-A, --all-namespaces', 'rings of all namespaces');

await runProgram(program, cli);
