// The type of our dashboards in Grafana's terms: DashboardTests compile each dashboard against it.
import type { Dashboard, DataQuery, FieldConfig, FieldConfigSource, Panel, VariableModel } from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.d.ts';
import type * as gauge from '@grafana/schema/dist/types/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen.d.ts';
import type * as stat from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts';
import type * as states from '@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts';
import type * as series from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';
import type { QueryVariableSpec } from '@grafana/schema/dist/types/schema/dashboard/v2alpha1/types.spec.gen.d.ts';

// A type as JSON: enumerations are their values, and Grafana completes what is missing.
type Json<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends readonly (infer U)[]
        ? Json<U>[]
        : { [K in keyof T]?: Json<T[K]> };

interface PrometheusQuery extends Pick<DataQuery, 'refId' | 'datasource' | 'hide'> {
  expr: string;
  legendFormat?: string;
  range: boolean;
  instant: boolean;
}

type PanelOf<Type, Options, Custom> = Omit<Json<Panel>, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: Type;
  options: Json<Options>;
  fieldConfig: {
    defaults: Omit<Json<FieldConfig>, 'custom'> & { custom?: Json<Custom> };
    overrides: Json<FieldConfigSource['overrides']>;
  };
  targets: PrometheusQuery[];
};

// The older model of a variable has no definition, which Grafana writes all the same.
type Variable = Json<VariableModel> & Pick<QueryVariableSpec, 'definition'>;

export type Board = Omit<Json<Dashboard>, 'panels' | 'templating' | 'title' | 'uid'> & {
  title: string;
  uid: string;
  templating: { list: Variable[] };
  panels: (
    | PanelOf<'bargauge', bargauge.Options, never>
    | PanelOf<'gauge', gauge.Options, never>
    | PanelOf<'stat', stat.Options, never>
    | PanelOf<'state-timeline', states.Options, states.FieldConfig>
    | PanelOf<'timeseries', series.Options, series.FieldConfig>
  )[];
};

// What the check has to find: an unknown option, an unknown value, a member of another panel.
type Options = PanelOf<'stat', stat.Options, never>['options'];
export const known: Options = { colorMode: 'background', reduceOptions: { calcs: ['lastNotNull'] } };
// @ts-expect-error
export const unknownOption: Options = { colourMode: 'background' };
// @ts-expect-error
export const unknownValue: Options = { colorMode: 'foreground' };
// @ts-expect-error
export const otherPanel: Options = { mergeValues: true };
// @ts-expect-error
export const unknownRefresh: Variable = { refresh: 3 };
