import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { type ScopeSource, experimentScope, scopeOfRecord } from '../governance/access/scope.js';
import { ControlPlane } from '../governance/control-plane.js';
import { checkTree, storeBundle } from '../runtime/bundle.js';
import { type Context, type ContextOptions, createContext, deriveContext, shareContext } from '../runtime/context.js';
import { dataBoundary } from '../runtime/protection.js';
import type { Principal } from '../runtime/principal.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Durability, Storage, StoredRecord } from '../storage/storage.js';
import { and, where } from '../search/filter.js';
import {
  checkFunction,
  checkList,
  checkName,
  checkObject,
  checkOneOf,
  checkOptionalOneOf,
  checkOptions,
  checkText,
  refuse,
} from '../util/check.js';
import { thrownText } from '../util/thrown-text.js';
import { deepFreeze } from '../util/freeze.js';
import type { JsonValue } from '../util/json.js';
import { nearest } from '../util/nearest.js';
import { ActiveRun } from './active-run.js';
import { artifactSources, checkArtifactOptions } from './artifact-sources.js';
import { type ArtifactEntry, listFolder } from './artifact-tree.js';
import { BufferedRun, type BufferTarget } from './buffered-run.js';
import { applyBatch, checkBatch } from './batch.js';
import { captureCircumstances, storeDiff } from './circumstances.js';
import { type RunComparison, compareRuns } from './compare-runs.js';
import { describeDataset } from './dataset.js';
import { downloadArtifact } from './download-artifact.js';
import {
  type DescribeExperimentOptions,
  type ExperimentPage,
  Experiments,
  type ListExperimentsOptions,
  enterExperiment,
  hiddenExperiments,
} from './experiments.js';
import { type MetricPoint, checkPointRange, metricStream, readPoints } from './metric.js';
import {
  type FinalRunStatus,
  type Run,
  type RunArtifact,
  type StoredRun,
  auditedSummary,
  finalRunStatuses,
  nextRevision,
  runsCollection,
  viewRun,
} from './run.js';
import { RunBuffers } from './run-buffers.js';
import { RunLeases } from './run-leases.js';
import { experimentOf, runQuery } from './run-search.js';
import { type RunChange, RunWriter, openRun, putRun } from './run-writer.js';
import { describeRun, newRun } from './new-run.js';
import { rowMaker } from './select-columns.js';
import { SystemSampler } from './system-metrics.js';
import type {
  BufferRunOptions,
  ListRunsOptions,
  LogArtifactOptions,
  LogDatasetOptions,
  LogMetricsOptions,
  RunBatch,
  RunPage,
  RunRowPage,
  SearchRunsOptions,
  SelectRunsOptions,
  StartRunOptions,
  WithRunOptions,
} from './tracking-options.js';
import type { TransferResult, TransferRunsOptions } from './transfer/transfer-options.js';

/**
 * Records experiments: runs with parameters, metrics over steps, tags, artifacts and the environment they ran in.
 *
 * An awaited call has been stored when it returns: metric points and parameters survive the death of the process, the
 * start and end of a run also a loss of power.
 */
export class ExperimentTracker {
  readonly #context: Context;
  readonly #control: ControlPlane;
  /** Orders the writes of this process to one run, so that they do not race each other. */
  readonly #writers = new Map<string, RunWriter>();
  readonly #leases: RunLeases;
  readonly #buffers = new RunBuffers();
  readonly #experiments: Experiments;

  constructor(config: MLOpsConfig, options: ContextOptions | Context = {}) {
    this.#context = createContext(config, options);
    this.#control = new ControlPlane(this.#context);
    this.#leases = new RunLeases(this.#context);
    this.#experiments = new Experiments(this.#context, this.#control);
    shareContext(this, this.#context);
  }

  /** The same tracker, used by somebody else. */
  withPrincipal(principal: Principal): ExperimentTracker {
    return new ExperimentTracker(this.#context.config, deriveContext(this.#context, { principal }));
  }

  /** @returns the new run's id */
  async startRun(options: StartRunOptions): Promise<string> {
    const described = describeRun(options, this.#context.config);
    const { heartbeat = true, systemMetricsIntervalSeconds } = options;
    const runId = this.#context.ids.next();
    const { environment, diff } = await captureCircumstances(this.#policy);
    const startedBy = this.#context.principal?.id ?? 'anonymous';
    let startedAt = 0;
    const request = { resource: { type: 'run', id: runId }, scope: experimentScope(described.experimentName) };
    await this.#control.change('tracking.start_run', request, async (storage, artifacts) => {
      const { parentRunId, experimentName } = described;
      startedAt = this.#context.clock.now();
      const beginning = { runId, ...described, startedAt, startedBy };
      const run = newRun(beginning, { environment, artifacts: await storeDiff(artifacts, diff) });
      const changes = [putRun(run, 'absent'), await enterExperiment(storage, run)];
      if (heartbeat) changes.push(this.#leases.take(runId));
      if (parentRunId !== null) changes.push(await this.#presence(storage, parentRunId));
      return { changes, result: undefined, detail: { experimentName } };
    });
    if (heartbeat) this.#leases.begin(runId);
    this.#sample(runId, startedAt, systemMetricsIntervalSeconds);
    return runId;
  }

  /**
   * Records parameters: JSON scalars or small objects. The same value again is fine; another value is an error, since a
   * run has one configuration. Nothing is stored when `tracking.log_parameters` is off.
   */
  async logParameters(runId: string, parameters: Readonly<Record<string, JsonValue>>): Promise<void> {
    await this.logBatch(runId, { parameters });
  }

  /**
   * Records one point for each metric, all or nothing. NaN and ±Infinity are kept. Nothing is stored when
   * `tracking.log_metrics` is off.
   */
  async logMetrics(
    runId: string,
    metrics: Readonly<Record<string, number>>,
    options: LogMetricsOptions = {},
  ): Promise<void> {
    checkOptions(options, ['step', 'timestamp'], 'logMetrics');
    await this.logBatch(runId, {
      metrics: Object.entries(checkObject(metrics, 'metrics')).map(([key, value]) => ({ key, value, ...options })),
    });
  }

  /**
   * Metrics for loops that cannot wait: the buffer takes points in at once and stores them in the background. What it has
   * taken in is stored when the run ends or the tracker closes; `flush` says so earlier.
   *
   * @example
   * const buffer = tracker.bufferRun(runId);
   * for (let step = 0; step < 1e6; step++) buffer.logMetrics({ loss: train(step) }, { step });
   * const { dropped } = await buffer.close();
   */
  bufferRun(runId: string, options: BufferRunOptions = {}): BufferedRun {
    return this.#buffers.add(new BufferedRun(checkName(runId, 'runId'), this.#bufferTarget(runId), options));
  }

  /** Sets tags, replacing former values. */
  async setTags(runId: string, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.logBatch(runId, { tags });
  }

  /** Records points, parameters and tags together: all of them, or on any error nothing. */
  async logBatch(runId: string, batch: RunBatch): Promise<void> {
    const { points, parameters, tags } = checkBatch(batch, this.#context.clock.now());
    const checked = {
      points: this.#policy.logMetrics ? points : new Map(),
      parameters: this.#policy.logParameters ? parameters : {},
      tags,
    };
    if (checked.points.size + Object.keys(checked.parameters).length + Object.keys(tags).length === 0) return;
    await this.#update(runId, 'process', (run) => applyBatch(run, checked));
  }

  /** Notes a data set that the run works on; the same name and role again replaces what was noted. */
  async logDataset(runId: string, options: LogDatasetOptions): Promise<void> {
    const dataset = await describeDataset(options, dataBoundary(this.#context));
    await this.#update(runId, 'process', (run) => {
      const others = (run.datasets ?? []).filter(({ name, role }) => name !== dataset.name || role !== dataset.role);
      return { run: { ...run, datasets: [...others, dataset] } };
    });
  }

  /** Words for whoever reads the run later; replaces what was there. */
  async setNote(runId: string, note: string): Promise<void> {
    if (typeof note !== 'string' || !note.isWellFormed()) refuse('note must be a well-formed string');
    await this.#update(runId, 'process', (run) => ({ run: { ...run, note } }));
  }

  /**
   * Keeps a file, the files of a folder, or content given as bytes, text, a stream, JSON or a table. The bytes are copied
   * and verified when read. Nothing is stored when `tracking.log_artifacts` is off.
   *
   * @returns what was stored
   * @throws MLOpsError `INVALID_INPUT` above `tracking.max_artifact_size_mb`; nothing is recorded then
   */
  async logArtifact(runId: string, options: LogArtifactOptions): Promise<readonly RunArtifact[]> {
    checkArtifactOptions(options);
    if (!this.#policy.logArtifacts) return [];
    return this.#control.access('tracking.log', runScope(runId), async (storage, artifacts) => {
      await this.#load(storage, runId); // an unknown run is refused before bytes are copied
      const sources = await artifactSources(options, this.#context);
      const files = await storeBundle(artifacts, sources, this.#policy.maxArtifactSizeMb * 1024 * 1024);
      const stored = files.map(({ path, digest, size }): RunArtifact => ({ name: path, digest, size }));
      await this.#writer(runId).update(storage, 'power', (run) => {
        const names = new Set(stored.map(({ name }) => name));
        const all = [...run.artifacts.filter(({ name }) => !names.has(name)), ...stored];
        checkTree(new Set(all.map(({ name }) => name)), names);
        return { run: { ...run, artifacts: all } };
      });
      return stored;
    });
  }

  /**
   * Ends a run. The record says how many points of each metric there are and their digests.
   *
   * @param error what went wrong, when it failed
   */
  async endRun(runId: string, status: FinalRunStatus = 'completed', error?: string): Promise<void> {
    checkOneOf(status, finalRunStatuses, 'status');
    if (error !== undefined) checkText(error, 'error');
    await this.#buffers.close(runId);
    const ended = { status, endedAt: this.#context.clock.now(), error: error ?? null };
    await this.#transition('tracking.end_run', runId, (record) => ({
      run: nextRevision({ ...openRun(record), ...ended }),
      changes: [RunLeases.drop(runId)],
    }));
    this.#leases.end(runId);
    this.#writers.delete(runId);
  }

  /**
   * Takes a run that was killed, failed or aborted up again, in this process: points continue where they ended.
   *
   * @throws MLOpsError `ILLEGAL_STATE` for a run that was completed or is under way
   */
  async resumeRun(runId: string): Promise<void> {
    await this.#control.access('tracking.read', runScope(runId), (storage) => this.#leases.sweep(storage));
    let startedAt = 0;
    await this.#transition('tracking.resume_run', runId, (record) => {
      const run = record.value as unknown as StoredRun;
      startedAt = run.startedAt;
      if (run.status === 'running' || run.status === 'completed') {
        const state = run.status === 'running' ? 'is under way' : 'was completed';
        throw new MLOpsError('ILLEGAL_STATE', `run ${runId} ${state}; killed, failed and aborted runs can be resumed`);
      }
      const resumed = nextRevision({ ...run, status: 'running', endedAt: null, error: null });
      return { run: resumed, changes: [this.#leases.take(runId)] };
    });
    this.#leases.begin(runId);
    this.#sample(runId, startedAt);
  }

  /**
   * Runs work inside of a run, which ends as `completed` when it returns, `failed` with the error when it throws, and
   * `aborted` when it throws after the signal fired.
   *
   * @example
   * await tracker.withRun({ experimentName: 'spreads' }, async (run) => run.logMetrics({ mae: 1.2 }));
   */
  async withRun<T>(options: WithRunOptions, work: (run: ActiveRun) => Promise<T>): Promise<T> {
    const { signal, ...start } = checkObject(options, 'what withRun is given');
    checkFunction(work, 'the work of withRun');
    const runId = await this.startRun(start);
    try {
      const result = await work(new ActiveRun(this, runId));
      await this.endRun(runId, 'completed');
      return result;
    } catch (error) {
      const isAborted = signal?.aborted === true || (error instanceof MLOpsError && error.code === 'ABORTED');
      await this.endRun(runId, isAborted ? 'aborted' : 'failed', thrownText(error)).catch((cause: unknown) => {
        const code = cause instanceof MLOpsError ? cause.code : 'INTERNAL';
        const why = `the run failed (${thrownText(error)}), and so did ending it: ${thrownText(cause)}`;
        throw new MLOpsError(code, why, { cause: error });
      });
      throw error;
    }
  }

  /** Hides a run that has ended from lists and searches; {@link restoreRun} brings it back. */
  async deleteRun(runId: string): Promise<void> {
    await this.#transition('tracking.delete_run', runId, (record) => {
      const run = record.value as unknown as StoredRun;
      if (run.status === 'running') {
        throw new MLOpsError('ILLEGAL_STATE', `run ${runId} is under way; end it before deleting it`);
      }
      return { run: { ...run, deletedAt: run.deletedAt ?? this.#context.clock.now() } };
    });
  }

  async restoreRun(runId: string): Promise<void> {
    await this.#transition('tracking.restore_run', runId, (record) => ({
      run: { ...(record.value as unknown as StoredRun), deletedAt: null },
    }));
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getRun(runId: string): Promise<Run> {
    return this.#read(runScope(runId), async (storage) =>
      viewRun((await this.#load(storage, runId)).value as unknown as StoredRun),
    );
  }

  /** Runs, newest first. */
  async listRuns(options: ListRunsOptions = {}): Promise<RunPage> {
    checkOptions(options, ['experimentName', 'status', 'limit', 'cursor'], 'listRuns');
    const { experimentName, status, ...page } = options;
    checkOptionalOneOf(status, ['running', ...finalRunStatuses], 'status');
    const conditions = Object.entries({ experimentName, status }).flatMap(([key, value]) =>
      value === undefined ? [] : [where.attribute(key).eq(value)],
    );
    return this.searchRuns({ filter: and(...conditions), ...page });
  }

  /**
   * Finds runs by attributes, parameters, metrics (last, min, max), tags and data sets; gives the fields wanted, in flat rows.
   *
   * @example
   * const { rows } = await tracker.searchRuns({ select: ['run_id', 'params.depth', 'metrics.mae', 'metrics.mae.min'] });
   * @throws MLOpsError `INVALID_INPUT` that points at the character of a faulty filter or name
   */
  async searchRuns<const Name extends string>(options: SelectRunsOptions<Name>): Promise<RunRowPage<Name>>;
  /**
   * Finds runs by attributes, parameters, metrics (last, min, max), tags and data sets.
   *
   * @example
   * await tracker.searchRuns({ filter: "metrics.mae < 2 and not tags.team like 'rates%'", orderBy: 'metrics.mae' });
   * @throws MLOpsError `INVALID_INPUT` that points at the character of a faulty filter
   */
  async searchRuns(options?: SearchRunsOptions): Promise<RunPage>;
  async searchRuns(
    options: SearchRunsOptions & { readonly select?: readonly string[] } = {},
  ): Promise<RunPage | RunRowPage<string>> {
    checkOptions(options, ['filter', 'orderBy', 'view', 'limit', 'cursor', 'select'], 'searchRuns');
    const toRow = options.select === undefined ? undefined : rowMaker(options.select);
    runQuery(options, []); // a faulty filter is refused before anything is read
    const experiment = experimentOf(options.filter);
    const scope = experiment === undefined ? 'store' : experimentScope(experiment);
    return this.#read(scope, async (storage) => {
      const query = runQuery(options, await hiddenExperiments(storage));
      const { records, cursor } = await storage.query(runsCollection, query);
      const found = records.map((record) => record.value as unknown as StoredRun);
      const more = cursor === undefined ? {} : { cursor };
      return toRow === undefined ? { runs: found.map(viewRun), ...more } : { rows: found.map(toRow), ...more };
    });
  }

  /** Runs side by side; differences are to the first. At least two. */
  async compareRuns(runIds: readonly string[]): Promise<RunComparison> {
    if (checkList(runIds, 'runIds', 'ids').length < 2) refuse('compareRuns needs the ids of at least two runs');
    return deepFreeze(compareRuns(await Promise.all(runIds.map((runId) => this.getRun(runId)))));
  }

  /** Experiments, newest first. */
  listExperiments(options: ListExperimentsOptions = {}): Promise<ExperimentPage> {
    return this.#experiments.list(options);
  }

  /** Says what an experiment is about. @throws MLOpsError `NOT_FOUND` before its first run */
  async describeExperiment(options: DescribeExperimentOptions): Promise<void> {
    await this.#experiments.describe(options);
  }

  /** Hides an experiment and its runs from lists and searches, and takes no new runs; {@link restoreExperiment} undoes it. */
  async deleteExperiment(experimentName: string): Promise<void> {
    await this.#experiments.delete(experimentName);
  }

  async restoreExperiment(experimentName: string): Promise<void> {
    await this.#experiments.restore(experimentName);
  }

  /** A metric's points in the order they were logged. */
  async getMetricHistory(
    runId: string,
    key: string,
    range: { readonly from?: number; readonly limit?: number } = {},
  ): Promise<readonly MetricPoint[]> {
    checkName(key, 'metric name');
    checkPointRange(range);
    return this.#control.access('tracking.read', runScope(runId), async (storage) => {
      await this.#load(storage, runId);
      return readPoints(storage, metricStream(runId, key), range);
    });
  }

  /** What a folder of a run's artifacts holds; the top unless told. */
  async listArtifacts(runId: string, folder = ''): Promise<readonly ArtifactEntry[]> {
    const { artifacts } = await this.getRun(runId);
    return listFolder(artifacts, checkText(folder, 'folder'));
  }

  /** An artifact's bytes, verified: the iteration throws `CORRUPT` at its end when they are not those stored. */
  async *readArtifact(runId: string, name: string): AsyncGenerator<Uint8Array> {
    const artifact = await this.#artifact(runId, name);
    const open = async (_storage: Storage, artifacts: ArtifactStore) => artifacts.get(artifact.digest);
    yield* await this.#control.access('tracking.read', runScope(runId), open);
  }

  /** Writes an artifact to a local file, which appears only once all of it was verified. */
  async downloadArtifact(runId: string, name: string, path: string): Promise<void> {
    const artifact = await this.#artifact(runId, name);
    await this.#control.access('tracking.read', runScope(runId), (_storage, artifacts) =>
      downloadArtifact(artifacts, artifact, path),
    );
  }

  /**
   * Copies runs, with their points and files, into an archive: a folder that is a store itself, or the store given. The
   * same again changes nothing; what has grown since is brought up to date.
   *
   * @returns what became of each run; those that the archive has otherwise are refused, the others copied
   * @throws MLOpsError `NOT_FOUND` for a run that is not there, `ABORTED`
   */
  async exportRuns(options: TransferRunsOptions): Promise<TransferResult> {
    const { exportRuns } = await import('./transfer/run-archive.js'); // runs are rarely moved
    return this.#read('store', async (storage, artifacts) =>
      exportRuns({ storage, artifacts }, options, this.#context),
    );
  }

  /**
   * Copies runs from an archive, or from the folder of a service without a network, into this store; the counterpart of
   * {@link exportRuns}. Every point and every file is verified before it counts.
   *
   * @throws MLOpsError `NOT_FOUND` when there is no archive, `ABORTED`
   */
  async importRuns(options: TransferRunsOptions): Promise<TransferResult> {
    const { importRuns } = await import('./transfer/run-archive.js');
    return this.#read('store', async (storage, artifacts) =>
      importRuns({ storage, artifacts }, options, this.#context),
    );
  }

  /** Stores what buffers hold and gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    try {
      await this.#buffers.closeAll();
    } finally {
      this.#leases.close();
      await this.#context.stores.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #policy(): MLOpsConfig['policy']['tracking'] {
    return this.#context.config.policy.tracking;
  }

  #bufferTarget(runId: string): BufferTarget {
    const update = (change: RunChange): Promise<void> => this.#update(runId, 'process', change);
    return { clock: this.#context.clock, isRecording: this.#policy.logMetrics, update };
  }

  /** Samples what the process uses until the run ends, if that is wanted. */
  #sample(runId: string, startedAt: number, seconds = this.#policy.systemMetricsIntervalSeconds): void {
    if (seconds === null || !this.#policy.logMetrics) return;
    const { clock } = this.#context;
    const buffer = new BufferedRun(runId, this.#bufferTarget(runId));
    this.#buffers.addSampler(runId, new SystemSampler(buffer, seconds * 1_000, startedAt, clock));
  }

  /** Reads what holds now: runs whose process died are ended first. */
  async #read<T>(scope: ScopeSource, task: (storage: Storage, artifacts: ArtifactStore) => Promise<T>): Promise<T> {
    return this.#control.access('tracking.read', scope, async (storage, artifacts) => {
      await this.#leases.sweep(storage);
      return task(storage, artifacts);
    });
  }

  /** Changes the state of a run, with an audit record, while no other write of this process to it is under way. */
  async #transition(
    operation: RunTransition,
    runId: string,
    change: (record: StoredRecord) => { readonly run: StoredRun; readonly changes?: readonly Change[] },
  ): Promise<void> {
    const writer = this.#writer(checkName(runId, 'runId'));
    await writer.exclusively(() =>
      this.#control.change(
        operation,
        { resource: { type: 'run', id: runId }, scope: runScope(runId) },
        async (storage) => {
          const record = await this.#load(storage, runId);
          const { run, changes = [] } = change(record);
          writer.forget();
          return { changes: [putRun(run, record.version), ...changes], result: undefined, detail: auditedSummary(run) };
        },
      ),
    );
  }

  async #artifact(runId: string, name: string): Promise<RunArtifact> {
    const { artifacts } = await this.getRun(runId);
    checkText(name, 'name');
    const names = artifacts.map((artifact) => artifact.name);
    return (
      artifacts.find((artifact) => artifact.name === name) ??
      missing(`run ${runId} has no artifact ${name}`, nearest(name, names), 'listArtifacts(...) shows those it has')
    );
  }

  async #update(runId: string, durability: Durability, change: RunChange): Promise<void> {
    checkName(runId, 'runId');
    await this.#control.access('tracking.log', runScope(runId), (storage) =>
      this.#writer(runId).update(storage, durability, change),
    );
  }

  #writer(runId: string): RunWriter {
    let writer = this.#writers.get(runId);
    if (writer === undefined) {
      writer = new RunWriter((storage) => this.#load(storage, runId));
      this.#writers.set(runId, writer);
    }
    return writer;
  }

  async #load(storage: Storage, runId: string): Promise<StoredRecord> {
    const record = await storage.get(runsCollection, checkName(runId, 'runId'));
    if (record !== undefined) return record;
    this.#writers.delete(runId);
    throw new MLOpsError('NOT_FOUND', `there is no run ${runId}; startRun(...) returns the id to use`);
  }

  /** A precondition: the run is still there when the commit happens. */
  async #presence(storage: Storage, runId: string): Promise<Change> {
    const { version } = await this.#load(storage, runId);
    return { kind: 'check', collection: runsCollection, id: runId, expect: version };
  }
}

type RunTransition = 'tracking.end_run' | 'tracking.resume_run' | 'tracking.delete_run' | 'tracking.restore_run';

function missing(problem: string, guess: string | undefined, otherwise: string): never {
  throw new MLOpsError('NOT_FOUND', `${problem}; ${guess === undefined ? otherwise : `did you mean ${guess}?`}`);
}

const runScope = (runId: string): ScopeSource =>
  scopeOfRecord(runsCollection, runId, ({ experimentName }: StoredRun) => experimentScope(experimentName));
