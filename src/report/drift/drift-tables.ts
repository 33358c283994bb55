import type { ColumnDrift, DriftReport, PerformanceChange, RootCause } from '../../drift/drift-report.js';
import { type Html, html } from '../page/html.js';
import { count, interval, number, pValue, percent } from '../page/numbers.js';
import { badge, table } from '../page/parts.js';

const testNames = {
  ks_two_sample: 'KS',
  cramer_von_mises: 'Cramér–von Mises',
  anderson_darling: 'Anderson–Darling',
  chi_square: 'χ²',
  g_test: 'G',
  permutation: 'permutation',
  energy_distance: 'energy distance',
  classifier: 'classifier',
} as const;

/** Every number about every column. */
export const columnTable = (columns: readonly ColumnDrift[]): Html =>
  table(
    'Each column: what was found, and every number behind it',
    [
      { title: 'Column' },
      { title: 'Verdict' },
      { title: 'Role' },
      { title: 'Distance (interval)', kind: 'number' },
      { title: 'Tolerance', kind: 'number' },
      { title: 'Stability index (interval)', kind: 'number' },
      { title: 'Index of no drift', kind: 'number' },
      { title: 'Wasserstein', kind: 'number' },
      { title: 'Test', kind: 'number' },
      { title: 'p, adjusted', kind: 'number' },
      { title: 'Values before, now', kind: 'number' },
      { title: 'Missing before, now', kind: 'number' },
      { title: 'Would take' },
    ],
    columns.map((column) => [
      column.column,
      badge(column.verdict),
      column.role,
      column.distance && interval(column.distance),
      number(column.tolerance),
      column.psi && interval(column.psi),
      column.psi && number(column.psi.expectedUnderNoDrift),
      column.wasserstein && number(column.wasserstein.value),
      column.test && `${testNames[column.test.name]} ${number(column.test.statistic)}`,
      column.test && pValue(column.test.adjustedPValue),
      `${count(column.baselineCount)}, ${count(column.currentCount)}`,
      `${percent(column.baselineMissingRate)}, ${percent(column.currentMissingRate)}`,
      column.needs && `${count(column.needs.rows)} rows ${column.needs.of === 'current' ? 'now' : 'on each side'}`,
    ]),
  );

/** The tests that were asked for beside; undefined without any. */
export function testTable({ columns, jointTests = [] }: DriftReport): Html | undefined {
  const made = [
    ...columns.flatMap(({ column, tests = [] }) => tests.map((test) => ({ of: column, ...test }))),
    ...jointTests.map((test) => ({ of: `together: ${test.columns.join(', ')}`, ...test })),
  ];
  if (made.length === 0) return undefined;
  return table(
    'Tests that were asked for beside; they decide nothing',
    [
      { title: 'Of' },
      { title: 'Test' },
      { title: 'Statistic', kind: 'number' },
      { title: 'p', kind: 'number' },
      { title: 'p, adjusted', kind: 'number' },
    ],
    made.map((test) => [
      test.of,
      testNames[test.name],
      number(test.statistic),
      pValue(test.pValue),
      pValue(test.adjustedPValue),
    ]),
  );
}

const sources = {
  labels: 'measured on known outcomes',
  cbpe: 'estimated without outcomes, from predicted probabilities (CBPE)',
  dle: 'estimated without outcomes, from the size of errors (DLE)',
} as const;

/** How the model's own performance changed. */
export const performanceSection = (performance: PerformanceChange): Html =>
  html`<p>${badge(performance.verdict)}: ${performance.message}. It was ${sources[performance.source]}.</p>
    ${table(
      'Performance before and now, with confidence intervals',
      [
        { title: 'Metric' },
        { title: 'Baseline', kind: 'number' },
        { title: 'Now', kind: 'number' },
        { title: 'Drop', kind: 'number' },
        { title: 'Drop allowed', kind: 'number' },
        { title: 'Rows before, now', kind: 'number' },
      ],
      [
        [
          performance.metric,
          interval(performance.baseline),
          interval(performance.current),
          interval(performance.drop),
          number(performance.threshold),
          `${count(performance.rows.baseline)}, ${count(performance.rows.current)}`,
        ],
        ...Object.entries(performance.also).map(([metric, effect]) => [
          metric,
          undefined,
          interval(effect),
          undefined,
          undefined,
          undefined,
        ]),
      ],
    )}`;

export const rootCauseTable = (causes: readonly RootCause[]): Html =>
  table(
    'Features that moved, by what they mean to the model',
    [
      { title: 'Feature' },
      { title: 'Share of drift × importance', kind: 'number' },
      { title: 'Drift (lower bound)', kind: 'number' },
      { title: 'Importance', kind: 'number' },
    ],
    causes.map(({ column, share, drift, importance }) => [column, percent(share), number(drift), number(importance)]),
  );
