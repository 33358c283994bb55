import { canonicalJson, type JsonValue } from '../util/json.js';
import { own } from '../util/own.js';
import type { MetricSummary } from './metric.js';
import type { Run } from './run.js';

/** A parameter over several runs, in their order; null where a run does not have it. */
export interface ComparedParameter {
  readonly name: string;
  readonly values: readonly (JsonValue | null)[];
  readonly isDifferent: boolean;
}

/** A metric over several runs, in their order; null where a run does not have it. */
export interface ComparedMetric {
  readonly name: string;
  readonly values: readonly (MetricSummary | null)[];
  /** Last value minus that of the first run; null where either is missing or not finite. */
  readonly deltas: readonly (number | null)[];
}

/** Runs side by side, with what differs. */
export interface RunComparison {
  readonly runs: readonly Pick<Run, 'runId' | 'runName' | 'experimentName' | 'status' | 'startedAt' | 'endedAt'>[];
  /** Those that differ come first; within, by name. */
  readonly parameters: readonly ComparedParameter[];
  readonly metrics: readonly ComparedMetric[];
}

/** Puts runs side by side; the first is what the others are compared with. */
export function compareRuns(runs: readonly Run[]): RunComparison {
  const parameters = namesOf(runs, (run) => run.parameters).map((name): ComparedParameter => {
    const values = runs.map((run) => own(run.parameters, name) ?? null);
    return { name, values, isDifferent: new Set(values.map(canonicalJson)).size > 1 };
  });
  const metrics = namesOf(runs, (run) => run.metrics).map((name): ComparedMetric => {
    const values = runs.map((run) => own(run.metrics, name) ?? null);
    return { name, values, deltas: values.map((value) => difference(value, values[0]!)) };
  });
  return {
    runs: runs.map(({ runId, runName, experimentName, status, startedAt, endedAt }) => ({
      runId,
      experimentName,
      status,
      startedAt,
      ...(runName !== undefined && { runName }),
      ...(endedAt !== undefined && { endedAt }),
    })),
    parameters: parameters.sort((a, b) => Number(b.isDifferent) - Number(a.isDifferent)),
    metrics,
  };
}

const namesOf = (runs: readonly Run[], of: (run: Run) => object): readonly string[] =>
  [...new Set(runs.flatMap((run) => Object.keys(of(run))))].sort();

function difference(value: MetricSummary | null, reference: MetricSummary | null): number | null {
  if (value === null || reference === null) return null;
  const delta = value.last - reference.last;
  return Number.isFinite(delta) ? delta : null;
}
