import type { ColumnDrift, DriftReport } from '../drift/drift-report.js';
import { formatTable } from './output.js';

/** A drift report in text: the verdict first, a line a column, what else was found, what to do. */
export function describeDrift(report: DriftReport): string {
  const rows = report.columns.map((column) => [
    column.column,
    column.role,
    column.verdict,
    interval(column),
    String(column.tolerance),
    column.psi === undefined ? '' : column.psi.value.toFixed(3),
  ]);
  const findings = [
    ...report.columns.flatMap(({ column, findings }) => findings.map(({ message }) => `  ${column}: ${message}`)),
    ...report.findings.map(({ message }) => `  ${message}`),
  ];
  return [
    `${report.modelName}: ${report.verdict}${report.requiresRetraining ? ', retraining required' : ''}`,
    formatTable(['column', 'role', 'verdict', 'distance (interval)', 'tolerance', 'psi'], rows),
    ...testsIn(report),
    ...(findings.length > 0 ? ['findings:', ...findings] : []),
    ...report.recommendations.map((advice) => `→ ${advice}`),
    `report ${report.reportId}`,
  ].join('\n');
}

function interval({ distance }: ColumnDrift): string {
  if (distance === undefined) return '';
  return `${distance.value.toFixed(3)} (${distance.lower.toFixed(3)} to ${distance.upper.toFixed(3)})`;
}

/** The tests that were asked for beside; a joint one is of all columns it could take. */
function testsIn({ columns, jointTests = [] }: DriftReport): string[] {
  const made = [
    ...columns.flatMap(({ column, tests = [] }) => tests.map((test) => ({ of: column, ...test }))),
    ...jointTests.map((test) => ({ of: `together (${test.columns.length})`, ...test })),
  ];
  if (made.length === 0) return [];
  const rows = made.map(({ of, name, statistic, pValue, adjustedPValue }) => [
    of,
    name,
    ...[statistic, pValue, adjustedPValue].map((value) => value.toPrecision(3)),
  ]);
  return [formatTable(['tests of', 'test', 'statistic', 'p', 'p, adjusted'], rows)];
}
