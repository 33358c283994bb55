import { MLOpsError } from '../../errors.js';
import { and, where } from '../../search/filter.js';
import { parseFilter } from '../../search/parse-filter.js';
import type { RunComparison } from '../../tracking/compare-runs.js';
import { ExperimentTracker } from '../../tracking/experiment-tracker.js';
import { experimentOf } from '../../tracking/run-search.js';
import type { Run } from '../../tracking/run.js';
import type { TransferResult, TransferRunsOptions } from '../../tracking/transfer/transfer-options.js';
import { refuse } from '../../util/check.js';
import { exitCode } from '../exit-code.js';
import { fieldHints, fieldsOfColumns, fieldsOfFilter } from '../field-hints.js';
import { fitTable } from '../fit-table.js';
import { type Output, formatTable } from '../output.js';
import { cellOf, numberText, splitColumns, usualColumns } from '../run-table.js';
import type { Session } from '../session.js';

export interface RunsSearchOptions {
  readonly filter?: string;
  readonly experiment?: string;
  readonly orderBy?: string;
  readonly columns?: string;
  readonly limit?: number;
}

/** A table of the runs found, of the columns wanted. */
export async function search({ config, output, who }: Session, options: RunsSearchOptions): Promise<number> {
  await using tracker = new ExperimentTracker(config, who);
  const { experiment, filter = '', orderBy, limit } = options;
  const columns = options.columns === undefined ? [...usualColumns] : splitColumns(options.columns);
  const named = experiment === undefined ? [] : [where.attribute('experiment_name').eq(experiment)];
  const { rows, cursor } = await tracker.searchRuns({
    filter: and(parseFilter(filter), ...named),
    select: columns,
    ...(orderBy !== undefined && { orderBy }),
    ...(limit !== undefined && { limit }),
  });
  const fields = [...fieldsOfColumns(columns), ...fieldsOfFilter(filter)];
  for (const hint of await fieldHints(tracker, fields, experiment ?? experimentOf(filter))) output.note(hint);
  const cells = rows.map((row) => columns.map((name) => cellOf(row[name])));
  const text = fit(output, columns, cells, ['run_id']);
  output.result(rows, rows.length === 0 ? 'no runs' : text);
  output.noteMore(cursor);
  return exitCode.ok;
}

/** Everything about one run. */
export async function show({ config, output, who }: Session, runId: string): Promise<number> {
  await using tracker = new ExperimentTracker(config, who);
  const run = await findRun(tracker, runId);
  output.result(run, describe(run));
  return exitCode.ok;
}

/** Runs side by side; differences are to the first. */
export async function compare({ config, output, who }: Session, runIds: readonly string[]): Promise<number> {
  await using tracker = new ExperimentTracker(config, who);
  const runs = [];
  for (const runId of runIds) runs.push(await findRun(tracker, runId));
  const comparison = await tracker.compareRuns(runs.map(({ runId }) => runId));
  output.result(comparison, () => describeComparison(comparison, output));
  return exitCode.ok;
}

/** A table as wide as the terminal; what there is no room for is said. */
function fit(
  output: Output,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  whole: readonly string[] = [],
): string {
  const { text, left } = fitTable(head, rows, { width: process.stdout.columns, whole });
  if (left.length > 0) output.note(`no room for ${left.join(', ')}; --json shows everything`);
  return text;
}

export interface RunsTransferOptions {
  readonly filter?: string;
  readonly run?: readonly string[];
}

/** Copies runs into an archive; exit code 3 when some were refused. */
export const exportRuns = (session: Session, folder: string, options: RunsTransferOptions): Promise<number> =>
  transfer(session, { path: folder }, options, (tracker, chosen) => tracker.exportRuns(chosen));

/** Copies runs from an archive; exit code 3 when some were refused. */
export const importRuns = (session: Session, folder: string, options: RunsTransferOptions): Promise<number> =>
  transfer(session, { path: folder }, options, (tracker, chosen) => tracker.importRuns(chosen));

async function transfer(
  { config, output, signal, who }: Session,
  place: { readonly path: string },
  { filter, run }: RunsTransferOptions,
  copy: (tracker: ExperimentTracker, options: TransferRunsOptions) => Promise<TransferResult>,
): Promise<number> {
  await using tracker = new ExperimentTracker(config, who);
  using progress = output.progress();
  const onProgress = (fraction: number): void => progress.update(fraction, 'runs');
  const chosen = { ...(filter !== undefined && { filter }), ...(run !== undefined && { runIds: run }) };
  const result = await copy(tracker, { ...place, ...chosen, signal, onProgress });
  progress.end();
  const { imported, updated, unchanged, refused } = result;
  const counts = `${imported.length} copied, ${updated.length} brought up to date, ${unchanged.length} unchanged`;
  const lines = refused.map(({ code, reason }) => `refused (${code}): ${reason}`);
  output.result(result, [`${counts}, ${refused.length} refused`, ...lines].join('\n'));
  return refused.length > 0 ? exitCode.found : exitCode.ok;
}

const wholeId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof MLOpsError) || error.code !== 'NOT_FOUND') throw error;
}

/** The run of an id, or of the beginning of one when there is only one such run. */
async function findRun(tracker: ExperimentTracker, id: string): Promise<Run> {
  if (wholeId.test(id)) {
    const run = await tracker.getRun(id).catch(unlessNotFound); // who may not search may look at a run of theirs
    if (run !== undefined) return run;
  }
  const pattern = `${id.replace(/[\\%_]/g, '\\$&')}%`;
  const filter = where.attribute('run_id').like(pattern);
  const { runs } = await tracker.searchRuns({ filter, view: 'all', limit: 2 });
  const exact = runs.find(({ runId }) => runId === id);
  if (exact !== undefined || runs.length === 1) return exact ?? runs[0]!;
  if (runs.length === 0)
    throw new MLOpsError('NOT_FOUND', `there is no run ${id}; bondx-mlops runs list shows the newest`);
  return refuse(`several runs begin with ${id}; write more of the id`);
}

function describe(run: Run): string {
  const facts = Object.entries({
    run: run.runId,
    name: run.runName,
    experiment: run.experimentName,
    'model type': run.modelType,
    'part of': run.parentRunId,
    status: run.error === undefined ? run.status : `${run.status}: ${run.error}`,
    started: `${run.startedAt} by ${run.startedBy}`,
    ended: run.endedAt,
    deleted: run.deletedAt,
    note: run.note,
    'dropped points': run.droppedPoints?.toString(),
  }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const pairs = (of: Readonly<Record<string, unknown>>): string[][] =>
    Object.entries(of).map(([name, value]) => [name, cellOf(value as string)]);
  const metrics = Object.entries(run.metrics).map(([name, { last, min, minStep, max, maxStep, count }]) => [
    name,
    numberText(last),
    `${numberText(min)} at ${minStep}`,
    `${numberText(max)} at ${maxStep}`,
    String(count),
  ]);
  return [
    section([], facts),
    section(['parameter', 'value'], pairs(run.parameters)),
    section(['metric', 'last', 'min', 'max', 'points'], metrics),
    section(['tag', 'value'], pairs(run.tags)),
    section(
      ['data set', 'role', 'rows', 'digest'],
      run.datasets.map(({ name, role, rowCount, digest }) => [name, role, cellOf(rowCount), digest]),
    ),
    section(
      ['artifact', 'bytes', 'digest'],
      run.artifacts.map(({ name, size, digest }) => [name, String(size), digest.slice(7, 19)]),
    ),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

const section = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? '' : formatTable(head, rows);

function describeComparison({ runs, parameters, metrics }: RunComparison, output: Output): string {
  const head = ['', ...runs.map(({ runName, runId }) => runName ?? runId)];
  const rows = [
    ...parameters.map(({ name, values, isDifferent }) => [
      `${isDifferent ? '≠ ' : '  '}params.${name}`,
      ...values.map(cellOf),
    ]),
    ...metrics.map(({ name, values, deltas }) => [
      `  metrics.${name}`,
      ...values.map((value, i) => (value === null ? '' : `${numberText(value.last)}${deltaText(i, deltas[i]!)}`)),
    ]),
  ];
  return rows.length === 0 ? 'nothing to compare' : fit(output, head, rows);
}

const deltaText = (i: number, delta: number | null): string =>
  i === 0 || delta === null ? '' : ` (${delta < 0 ? '' : '+'}${numberText(delta)})`;
