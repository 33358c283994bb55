import type { DriftReport, DriftVerdict, DriftWindow, Effect, OnlineDriftTest } from './drift-report.js';

/** One check of a column, or of a whole model. */
export interface DriftPoint {
  readonly reportId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly verdict: DriftVerdict;
  readonly distance?: Effect;
  /** Where the check was of a window: which one, and the test that decided. */
  readonly window?: DriftWindow;
  readonly online?: OnlineDriftTest;
}

/** A column over time, oldest check first. */
export interface ColumnHistory {
  readonly column: string;
  readonly points: readonly DriftPoint[];
  /**
   * Whether the distance has grown from the first to the last check that has one, with confidence: their intervals lie apart.
   * `unclear` where they overlap, or there is one check only.
   */
  readonly trend: 'growing' | 'shrinking' | 'unclear';
}

/** How the columns of a model drifted over its checks. */
export interface DriftHistory {
  readonly modelName: string;
  /** Whole reports, oldest first; `distance` is left out. */
  readonly checks: readonly DriftPoint[];
  /** By name. */
  readonly columns: readonly ColumnHistory[];
}

/** The history that reports tell. Pure. @param reports newest first */
export function historyOf(modelName: string, reports: readonly DriftReport[]): DriftHistory {
  const columns = new Map<string, DriftPoint[]>();
  const checks = reports.toReversed().map((report): DriftPoint => {
    const { reportId, createdAt, verdict, window } = report;
    const check = { reportId, createdAt, ...(window !== undefined && { window }) };
    for (const { column, verdict: own, distance, online } of report.columns) {
      const points = columns.get(column) ?? [];
      points.push({
        ...check,
        verdict: own,
        ...(distance !== undefined && { distance }),
        ...(online !== undefined && { online }),
      });
      columns.set(column, points);
    }
    return { ...check, verdict };
  });
  const ordered = [...columns].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    modelName,
    checks,
    columns: ordered.map(([column, points]) => ({ column, points, trend: trendOf(points) })),
  };
}

function trendOf(points: readonly DriftPoint[]): ColumnHistory['trend'] {
  const distances = points.flatMap(({ distance }) => distance ?? []);
  const [first, last] = [distances[0], distances.at(-1)];
  if (first === undefined || last === undefined) return 'unclear';
  if (last.lower > first.upper) return 'growing';
  return last.upper < first.lower ? 'shrinking' : 'unclear';
}
