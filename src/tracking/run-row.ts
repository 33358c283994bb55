import type { Aggregate } from '../search/filter.js';
import type { JsonValue } from '../util/json.js';

/** What a selected field holds; null where a run does not have it. Numbers of metrics may be NaN or ±Infinity. */
export type SelectedValue<Name extends string> = Name extends
  `metric.${string}` | `metrics.${string}` | `${Aggregate}(${string}`
  ? number | null
  : Name extends `param.${string}` | `params.${string}` | `parameter.${string}` | `parameters.${string}`
    ? JsonValue
    : string | null;

/** One run as a flat record, under the names that were asked for. */
export type RunRow<Name extends string> = { readonly [N in Name]: SelectedValue<N> };
