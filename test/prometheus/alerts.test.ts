// The alerts as promtool judges them, against the file that people install.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { ruleFile, RUNBOOKS } from '../../helm/monitoring/alert.ts';
import type { Alert } from '../../helm/monitoring/alert.ts';
import { ALERTS } from '../../helm/monitoring/alerts.ts';
import { RULES } from '../../helm/monitoring/files.ts';
import { HOURS, STORIES } from './alert-stories.ts';
import type { Story } from './alert-stories.ts';
import { describeWithPrometheus } from './describe.ts';
import { promtool } from './tools.ts';

const alerts = ALERTS.flatMap((group) => group.alerts);
const runbook = ({ name }: Alert): string => `${RUNBOOKS}/${name}.md`;

/** As Prometheus fills them in. */
function told(template: string, { labels, value, unscraped = [] }: Story): string {
  return template
    .replace(/\{\{ range .+? \| query .+? \}\}(.+?)\{\{ end \}\}/g, (_, each: string) =>
      unscraped.map((pod) => each.replace('{{ .Labels.pod }}', pod)).join(''),
    )
    .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label]!)
    .replace(/\{\{ \$value \| \w+ \}\}/g, value);
}

/** A test of promtool: silence, the alert, silence; and silence about what looks alike. */
function promtoolTests(alert: Alert, story: Story): object {
  const { series, also, lookalike, labels, times = HOURS } = story;
  const alerts = (time: string, expected: readonly object[]): object => ({
    eval_time: time,
    alertname: alert.name,
    exp_alerts: expected,
  });
  const firing = {
    exp_labels: { ...labels, severity: alert.severity },
    exp_annotations: {
      summary: told(alert.summary, story),
      description: told(alert.description, story),
      runbook_url: runbook(alert),
    },
  };
  const inputs = (of: Story['series']): object[] =>
    of.map(([name, values]) => ({ series: name, values }));
  const troubles = [series, ...(also === undefined ? [] : [also])];
  const tests = [
    ...troubles.map((each) => ({
      interval: times.interval,
      input_series: inputs(each),
      alert_rule_test: [
        alerts(times.calm, []),
        alerts(times.fires, [firing]),
        alerts(times.resolved, []),
      ],
    })),
    ...(lookalike === undefined
      ? []
      : [
          {
            interval: times.interval,
            input_series: inputs(lookalike),
            alert_rule_test: [alerts(times.fires, [])],
          },
        ]),
  ];
  const { interval } = times;
  return { rule_files: ['rules.yaml'], evaluation_interval: interval, tests };
}

describe('every alert', () => {
  test('has a story, and every story an alert', () => {
    expect(Object.keys(STORIES).sort()).toEqual(alerts.map(({ name }) => name).sort());
  });

  test('names the ring, or the namespace of the operator, in what it says', () => {
    const nameless = alerts.filter(({ description, summary }) =>
      [description, summary].some((text) => !/\{\{ \$labels\.(cluster|namespace) \}\}/.test(text)),
    );
    expect(nameless.map(({ name }) => name)).toEqual([]);
    const silent = alerts.filter(({ description }) => !/cluster/.test(description));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test.each(alerts.map((alert) => [alert.name, alert] as const))(
    '%s has a runbook that says what it means, what to look at, what to do and how it ends',
    (name, alert) => {
      expect(existsSync(runbook(alert))).toBe(true);
      const text = readFileSync(runbook(alert), 'utf8');
      const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
      expect(headings).toEqual([
        name,
        'Is data at risk?',
        'What to look at',
        'What to do',
        'How it ends',
      ]);
    },
  );
});

describeWithPrometheus('alerts as promtool runs them', () => {
  test('are rules that Prometheus accepts', async () => {
    const { code, out } = await promtool(['check', 'rules', RULES]);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining(`SUCCESS: ${alerts.length} rules found`),
    });
  });

  test.each(alerts.map((alert) => [alert.name, alert] as const))(
    '%s fires in trouble, not before and not after, and not for what looks alike',
    async (_, alert) => {
      const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-alerts-'));
      try {
        const path = join(folder, 'tests.yaml');
        // By itself: all of them at every minute of every story take minutes.
        const group = { name: 'alone', alerts: [alert] };
        writeFileSync(join(folder, 'rules.yaml'), ruleFile([group]));
        writeFileSync(path, stringify(promtoolTests(alert, STORIES[alert.name]!)));
        const { code, out, err } = await promtool(['test', 'rules', path]);
        expect({ code, said: `${out}${err}` }).toEqual({
          code: 0,
          said: expect.stringContaining('SUCCESS'),
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
