// What a panel and a dashboard are here, and how they become Grafana's JSON. Sizes, colours and axes are
// decided here once; the dashboards say only what is to be seen.
import { DataSourceType } from './grafana.ts';
import * as grafana from './grafana.ts';

export interface Query {
  readonly expr: string;
  /** Of the series in the legend: `{{pod}}`. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What a rise or a fall means, for somebody who sees it for the first time. */
  readonly about: string;
  /** stat: one number. rows: one row a series, its colour the value. */
  readonly kind: 'graph' | 'stacked' | 'stat' | 'rows';
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of 24; left out: 8, a stat's 4. */
  readonly width?: number;
  /** From here on a stat is yellow, or red. */
  readonly warnFrom?: number;
  readonly badFrom?: number;
  /** Below this it is red. */
  readonly badBelow?: number;
  readonly max?: number;
  /** Shows requests that exemplars lead to. */
  readonly exemplars?: boolean;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly query: string;
  readonly multiple?: boolean;
}

export interface Board {
  /** Also the file's name. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly variables: readonly Variable[];
  /** Moments that are marked in every panel. */
  readonly marks: readonly { readonly title: string; readonly expr: string }[];
  readonly rows: readonly Row[];
}

const RUNBOOKS = 'docs/runbooks/alerts';
const TAG = 'ringkeeper';
const SOURCE = { type: DataSourceType, uid: '${datasource}' };
const [GREEN, YELLOW, RED] = ['green', 'yellow', 'red'];

/** As it is committed. */
export function dashboardFile(board: Board): string {
  return `${JSON.stringify(dashboard(board), null, 2)}\n`;
}

function dashboard({ name, title, about, variables, marks, rows }: Board): object {
  const built = grafana
    .newDashboard(`Ringkeeper / ${title}`)
    .uid(`ringkeeper-${name}`)
    .description(about)
    .tags([TAG])
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(grafana.DashboardCursorSync.Crosshair)
    .link(
      new grafana.DashboardLinkBuilder('Ringkeeper')
        .type(grafana.DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .link(
      new grafana.DashboardLinkBuilder('Runbooks')
        .type(grafana.DashboardLinkType.Link)
        .url(RUNBOOKS)
        .targetBlank(true),
    )
    .withVariable(
      new grafana.DatasourceVariableBuilder('datasource').label('Prometheus').type(DataSourceType),
    );
  for (const each of variables) built.withVariable(variable(each));
  for (const mark of marks) {
    built.annotation(
      new grafana.AnnotationQueryBuilder()
        .name(mark.title)
        .datasource(SOURCE)
        .enable(true)
        .iconColor('blue')
        .expr(mark.expr)
        .titleFormat(mark.title)
        .step('15s'),
    );
  }
  let id = 0;
  for (const row of rows) {
    built.withRow(new grafana.RowBuilder(row.title).id(++id));
    for (const each of row.panels) built.withPanel(panel(each).id(++id));
  }
  return built.build();
}

function variable({ name, label, query, multiple = false }: Variable) {
  const made = new grafana.QueryVariableBuilder(name)
    .label(label)
    .datasource(SOURCE)
    .query({ query, refId: name })
    .definition(query)
    .refresh(grafana.VariableRefresh.OnTimeRangeChanged)
    .sort(grafana.VariableSort.AlphabeticalAsc)
    .multi(multiple)
    .includeAll(multiple);
  return multiple ? made.current({ text: 'All', value: '$__all' }) : made;
}

function panel(of: Panel): grafana.PanelMaker {
  const made = builderOf(of)
    .title(of.title)
    .description(of.about)
    .datasource(SOURCE)
    .unit(of.unit)
    .span(of.width ?? (of.kind === 'stat' ? 4 : 8))
    .height(of.kind === 'stat' ? 4 : 8)
    .thresholds(thresholds(of));
  if (of.max !== undefined) made.max(of.max);
  of.queries.forEach(({ expr, legend }, i) => {
    made.withTarget(
      new grafana.DataqueryBuilder()
        .refId(String.fromCharCode('A'.charCodeAt(0) + i))
        .datasource(SOURCE)
        .expr(expr)
        .legendFormat(legend)
        .exemplar(of.exemplars === true),
    );
  });
  return made;
}

function builderOf({ kind, unit }: Panel): grafana.PanelMaker {
  switch (kind) {
    case 'stat':
      return new grafana.StatBuilder().colorMode(grafana.ColorMode.Background);
    case 'rows':
      return new grafana.HeatmapBuilder()
        .calculate(false)
        .yAxis(new grafana.YAxisConfigBuilder().unit(unit))
        .min(0);
    case 'graph':
    case 'stacked': {
      const graph = new grafana.TimeseriesBuilder()
        .min(0)
        .fillOpacity(kind === 'stacked' ? 40 : 10)
        .legend(new grafana.LegendBuilder().showLegend(true).placement(grafana.Placement.Bottom))
        .tooltip(new grafana.TooltipBuilder().mode(grafana.TooltipMode.Multi));
      if (kind === 'stacked')
        graph.stacking(new grafana.StackingBuilder().mode(grafana.StackingMode.Normal));
      return graph;
    }
  }
}

function thresholds({ warnFrom, badFrom, badBelow }: Panel) {
  const steps = [
    { value: null, color: badBelow === undefined ? GREEN : RED },
    ...(badBelow === undefined ? [] : [{ value: badBelow, color: GREEN }]),
    ...(warnFrom === undefined ? [] : [{ value: warnFrom, color: YELLOW }]),
    ...(badFrom === undefined ? [] : [{ value: badFrom, color: RED }]),
  ];
  return new grafana.ThresholdsConfigBuilder().mode(grafana.ThresholdsMode.Absolute).steps(steps);
}
