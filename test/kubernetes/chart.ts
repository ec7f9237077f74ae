// The chart as helm renders it, for tests. Helm comes with the development packages.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../operator/kubernetes/api.ts';

export const CHART = 'helm/ringkeeper';
export const HELM = 'node_modules/.bin/helm';
/** What the chart is rendered for; helm's own default is as old as helm. */
const KUBE_VERSION = '1.34.0';

/** A suite that needs helm; without it, it is skipped and says so. */
export function describeWithHelm(title: string, suite: () => void): void {
  if (existsSync(HELM)) describe(title, suite);
  else describe.skip(`${title} (needs helm, which npm ci brings on Linux)`, suite);
}

/** Throws with what helm says. */
export function helm(args: readonly string[], input?: string): string {
  return execFileSync(HELM, args, {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** The text of `helm template`. */
export function rendered(values: object = {}, release = 'ringkeeper'): string {
  const flags = ['--namespace', 'ringkeeper-system', '--kube-version', KUBE_VERSION];
  return helm(['template', release, CHART, ...flags, '-f', '-'], JSON.stringify(values));
}

export function objectsIn(text: string): readonly KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}
