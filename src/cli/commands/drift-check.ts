import { stat } from 'node:fs/promises';
import { readTable } from '../../data/read-table.js';
import type { Table } from '../../data/table.js';
import { DriftMonitor } from '../../drift/drift-monitor.js';
import type { TestName } from '../../drift/two-sample-tests.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { refuse } from '../../util/check.js';
import { describeDrift } from '../describe-drift.js';
import { describeWindows } from '../describe-windows.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

export interface DriftCheckOptions {
  readonly model: string;
  readonly version?: string;
  readonly baseline?: string;
  readonly current: string;
  readonly type?: string;
  readonly tests?: readonly TestName[];
  /** The time column. */
  readonly windows?: string;
  readonly windowDays?: number;
  readonly windowRows?: number;
  readonly sequence?: string;
  readonly from?: string;
  readonly until?: string;
}

/** Options that say how windows are cut; without `--windows` they would have no effect. */
const windowOptions = ['windowDays', 'windowRows', 'sequence', 'from', 'until'] as const;

/** Files up to this size are held in memory, which makes distances exact; larger ones are read once and counted. */
const heldUpToBytes = 64 * 1024 * 1024;

/** 0 for a file that is not there: reading it says so. */
const sizeOf = async (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

export async function driftCheck(session: Session, options: DriftCheckOptions): Promise<number> {
  if (options.windows !== undefined && options.tests !== undefined) {
    refuse('--tests goes without --windows: windows are judged by tests of their own');
  }
  if (options.windows !== undefined) return checkWindows(session, options, options.windows);
  if (windowOptions.some((name) => options[name] !== undefined)) {
    refuse(
      '--window-days, --window-rows, --sequence, --from and --until go with --windows, which names the date column',
    );
  }
  const { config, output, signal, who } = session;
  await using monitor = new DriftMonitor(config, who);
  await using registry = new ModelRegistry(config, who);
  using progress = output.progress();
  const paths = [...(options.baseline === undefined ? [] : [options.baseline]), options.current];
  const sizes = await Promise.all(paths.map(async (path) => sizeOf(path)));
  const streaming = Math.max(...sizes) > heldUpToBytes;
  const read = (path: string, from: number): Promise<Table> =>
    readTable(path, { signal, onProgress: (share) => progress.update(from + share / paths.length, `reading ${path}`) });
  const sources: (string | Table)[] = [];
  for (const path of paths) sources.push(streaming ? path : await read(path, sources.length / paths.length));
  const [baselineData, currentData] = [sources.at(-2), sources.at(-1)!];
  const modelVersion = await watchedVersion(registry, options);
  const report = await monitor.detectDrift({
    modelName: options.model,
    ...(modelVersion !== undefined && { modelVersion }),
    ...(options.type !== undefined && { modelType: options.type }),
    ...(baselineData !== undefined && { baselineData }),
    ...(options.tests !== undefined && { tests: options.tests }),
    currentData,
    streaming,
    signal,
    onProgress: (share) => progress.update(share, streaming ? 'counting' : 'comparing'),
  });
  progress.end();
  const notes = sources.flatMap((data) => (typeof data === 'string' ? [] : data.notes));
  for (const note of new Set(notes)) output.note(`note: ${note}`);
  if (streaming) output.note('note: the files are large: each was read once and not held; residuals were not compared');
  output.result(report, describeDrift(report));
  // A file without rows, as of a feed that is down, must not look like one without drift; nor must windows.
  return report.requiresRetraining || report.verdict === 'not_assessed' ? exitCode.found : exitCode.ok;
}

/** Window by window. The rows are held: which of them are in a window is known when all dates are. */
async function checkWindows(
  { config, output, signal, who }: Session,
  options: DriftCheckOptions,
  timeColumn: string,
): Promise<number> {
  await using monitor = new DriftMonitor(config, who);
  await using registry = new ModelRegistry(config, who);
  using progress = output.progress();
  const modelVersion = await watchedVersion(registry, options);
  const { windowDays, windowRows, sequence, from, until } = options;
  const check = await monitor.checkWindows({
    modelName: options.model,
    timeColumn,
    ...(modelVersion !== undefined && { modelVersion }),
    ...(options.type !== undefined && { modelType: options.type }),
    ...(options.baseline !== undefined && { baselineData: options.baseline }),
    currentData: options.current,
    ...(windowDays !== undefined && { windowDays }),
    ...(windowRows !== undefined && { windowRows }),
    ...(sequence !== undefined && { sequence }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    signal,
    onProgress: (share) => progress.update(share, 'comparing'),
  });
  progress.end();
  output.result(check, describeWindows(check));
  const { reports } = check;
  const isDrifted = reports.some(({ requiresRetraining }) => requiresRetraining);
  const isEmpty = reports.length > 0 && reports.every(({ verdict }) => verdict === 'not_assessed');
  return isDrifted || isEmpty ? exitCode.found : exitCode.ok;
}

/** The version whose profile is the baseline where no file is. */
async function watchedVersion(
  registry: ModelRegistry,
  { model, version, baseline }: DriftCheckOptions,
): Promise<string | undefined> {
  const watched = version ?? (await productionVersion(registry, model));
  if (watched === undefined && baseline === undefined)
    refuse(`nothing to compare with: ${model} has no version in Production; pass --baseline, or a --version`);
  return watched;
}

async function productionVersion(registry: ModelRegistry, modelName: string): Promise<string | undefined> {
  const { versions } = await registry.listModels({ modelName, stage: 'production', limit: 1 });
  return versions[0]?.version;
}
