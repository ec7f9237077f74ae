#!/usr/bin/env node
// The image's one entry: which of its commands to be.
const COMMANDS = {
  node: '../node/main.js',
  operator: './main.js',
  dht: './cli/dht.mjs',
  'kubectl-dht': './cli/kubectl-dht.mjs',
};

// The first process of a container has no default for signals: without a handler, Ctrl-C and a stop
// would be ignored. Commands that drain install their own, which then decide.
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
]) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(128 + number);
  });
}

const name = process.argv[2] ?? '';
if (Object.hasOwn(COMMANDS, name)) {
  process.argv.splice(2, 1);
  await import(new URL(COMMANDS[name], import.meta.url).href);
} else {
  const isAsked = ['', '--help', '-h', 'help'].includes(name);
  const text = `${isAsked ? '' : `There is no command "${name}". `}usage: ringkeeper COMMAND [ARGUMENTS]

  node         one node of a ring; ringkeeper node --help lists its settings
  operator     what runs rings on Kubernetes, or as plain processes
  dht          the command line: ringkeeper dht --help
  kubectl-dht  the same for rings on Kubernetes: ringkeeper kubectl-dht --help
`;
  (isAsked ? process.stdout : process.stderr).write(text);
  process.exitCode = isAsked ? 0 : 2;
}
