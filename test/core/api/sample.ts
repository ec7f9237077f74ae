// One sample manifest, good or bad, with the problems that are expected of it.

export interface Sample {
  readonly title: string;
  /** The spec in YAML, or with `whole` all of the manifest. */
  readonly yaml: string;
  readonly whole?: true;
  /** All problems, in order; none: the manifest is good. */
  readonly problems: readonly string[];
}

export const good = (title: string, yaml: string): Sample => ({ title, yaml, problems: [] });
export const bad = (title: string, yaml: string, ...problems: string[]): Sample => ({
  title,
  yaml,
  problems,
});
export const whole = (title: string, yaml: string, ...problems: string[]): Sample => ({
  title,
  yaml,
  whole: true,
  problems,
});

export const HEAD = 'apiVersion: dht.ringkeeper.dev/v1alpha1\nkind: DhtCluster\n';

/** The manifest as text. */
export function manifestOf({ yaml, whole: isWhole }: Sample): string {
  if (isWhole) return yaml;
  return `${HEAD}metadata: {name: dev}\nspec:\n${yaml.replace(/^/gm, '  ')}\n`;
}
