// One suite in two sets: `npm run check` runs `quick`, `npm test` runs both.
import { join } from 'node:path';

// What tests start as processes is compiled once, not once a process: a third of their time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

/** Real processes, kills, and hunts through many schedules: what takes seconds, not milliseconds. */
const WHOLE = [
  '/test/proof/real-ring\\.',
  '/test/operator/(cli/)?main\\.',
  '/test/operator/local/(platform|supervisor)\\.',
  '/test/client/(scaling|packed)\\.',
  '/test/node/(main|running-node)\\.',
  '/test/node/storage/crash\\.',
  '/test/core/ring/claim\\.',
  '/test/sim/(exhaust|rules|schedule)\\.',
  // A kube-apiserver and an etcd for each file.
  '/test/kubernetes/[^/]+\\.',
  // A browser.
  '/test/browser/[^/]+\\.',
  // The image is built first.
  '/test/image/[^/]+\\.',
  // Rings and rules under a real Prometheus, where there is one.
  '/test/prometheus/[^/]+\\.',
  // A whole cluster, where one is named.
  '/test/e2e/[^/]+\\.',
];

const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  // It hooks into Node's loader, which Jest has in place of Node's; tests load the client library whole.
  moduleNameMapper: { '/light-client\\.ts$': '<rootDir>/operator/kubernetes/light-parts.ts' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

export default {
  // ms; only what hangs may reach it, not what is slow.
  testTimeout: 120_000,
  projects: [
    { ...common, displayName: 'quick', testPathIgnorePatterns: ['/node_modules/', ...WHOLE] },
    { ...common, displayName: 'whole', testRegex: WHOLE.map((path) => `${path}test\\.ts$`) },
  ],
};
