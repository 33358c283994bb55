import type { MetricSummary } from '../../tracking/metric.js';
import type { RunComparison } from '../../tracking/compare-runs.js';
import type { JsonValue } from '../../util/json.js';
import { type Html, html } from '../page/html.js';
import { moment, number } from '../page/numbers.js';
import { badge, table } from '../page/parts.js';

/** Names of the runs that differ from each other: the name given, else the end of the id. */
export function callRuns({ runs }: RunComparison): readonly string[] {
  const given = runs.map(({ runName, runId }) => runName ?? `…${runId.slice(-8)}`);
  return given.map((name, i) => (given.indexOf(name) === i ? name : `${name} …${runs[i]!.runId.slice(-8)}`));
}

/** How each run's metrics stand beside the first one's, in words. */
export function differences({ metrics }: RunComparison, names: readonly string[]): readonly string[] {
  return metrics.slice(0, 8).flatMap(({ name, values, deltas }) => {
    const first = values[0];
    if (first == null) return [];
    const others = deltas.slice(1).flatMap((delta, i) => {
      const sign = delta !== null && delta > 0 ? '+' : '';
      return delta === null ? [] : [`${names[i + 1]!} ${number(values[i + 1]!.last)} (${sign}${number(delta)})`];
    });
    return [`${name}: ${names[0]!} ${number(first.last)}${others.map((text) => `, ${text}`).join('')}`];
  });
}

export const runTable = ({ runs }: RunComparison, names: readonly string[]): Html =>
  table(
    'The runs; the first is what the others are compared with',
    [
      { title: 'Run' },
      { title: 'Status' },
      { title: 'Experiment' },
      { title: 'Started' },
      { title: 'Ended' },
      { title: 'Id' },
    ],
    runs.map(({ status, experimentName, startedAt, endedAt, runId }, i) => [
      names[i]!,
      badge(status),
      experimentName,
      moment(startedAt),
      endedAt && moment(endedAt),
      html`<code>${runId}</code>`,
    ]),
  );

export const metricTable = ({ metrics }: RunComparison, names: readonly string[]): Html =>
  table(
    'Last value of each metric, with the lowest and the highest, and the difference to the first run',
    [{ title: 'Metric' }, ...names.map((title) => ({ title, kind: 'number' as const }))],
    metrics
      .map(({ name, values, deltas }) => [
        name,
        ...values.map((value, i) => value && metricCell(value, i === 0 ? null : deltas[i]!)),
      ])
      .map((cells) => cells.map((cell) => cell ?? '–')),
  );

function metricCell({ last, min, max, count }: MetricSummary, delta: number | null): Html {
  const sign = delta !== null && delta > 0 ? '+' : '';
  return html`<strong>${number(last)}</strong
    >${delta !== null && ` (${sign}${number(delta)})`}${count > 1 && html`<br />${number(min)} to ${number(max)}`}`;
}

export const parameterTable = ({ parameters }: RunComparison, names: readonly string[]): Html =>
  table(
    'Parameters, those that differ first',
    [{ title: 'Parameter' }, { title: 'Differs' }, ...names.map((title) => ({ title }))],
    parameters.map(({ name, values, isDifferent }) => [
      name,
      isDifferent ? html`<strong>≠ yes</strong>` : 'no',
      ...values.map((value) => (value === null ? '–' : say(value))),
    ]),
  );

/** Long values may be broken anywhere. */
function say(value: JsonValue): Html | string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 24 ? html`<code>${text}</code>` : text;
}
