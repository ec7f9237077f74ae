// The names of Grafana's library that dashboards are made with, each once: many of its rooms have a
// builder of the same name.
/* eslint-disable @typescript-eslint/no-deprecated -- Dashboards of version 2 are for Grafana 12 and later
   alone, and no sidecar takes them yet. */
export {
  AnnotationQueryBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
export type { Threshold } from '@grafana/grafana-foundation-sdk/dashboard';
export {
  BigValueColorMode as ColorMode,
  LegendPlacement as Placement,
  StackingConfigBuilder as StackingBuilder,
  StackingMode,
  TooltipDisplayMode as TooltipMode,
  VizLegendOptionsBuilder as LegendBuilder,
  VizTooltipOptionsBuilder as TooltipBuilder,
} from '@grafana/grafana-foundation-sdk/common';
export { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
export {
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
export { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
export { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { PanelBuilder as Heatmap } from '@grafana/grafana-foundation-sdk/heatmap';
import type { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import type { PanelBuilder as Timeseries } from '@grafana/grafana-foundation-sdk/timeseries';

export type PanelMaker = Heatmap | Stat | Timeseries;
export const DataSourceType = 'prometheus';

export function newDashboard(title: string): DashboardBuilder {
  return new DashboardBuilder(title);
}
