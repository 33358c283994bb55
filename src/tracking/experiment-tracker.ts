import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { ControlPlane } from '../governance/control-plane.js';
import { localSources, storeBundle } from '../runtime/bundle.js';
import { type Context, type ContextOptions, createContext, deriveContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Durability, Storage, StoredRecord } from '../storage/storage.js';
import { checkName, checkOneOf, checkOptionalName, checkOptions, refuse } from '../util/check.js';
import { type JsonObject, type JsonValue, assertJson, canonicalJson } from '../util/json.js';
import { captureEnvironment, captureGit } from './environment.js';
import { type MetricPoint, type StoredPoint, addPoint, decodePoint, encodePoint, metricStream } from './metric.js';
import {
  type FinalRunStatus,
  type Run,
  type RunArtifact,
  type StoredRun,
  finalRunStatuses,
  runsCollection,
  viewRun,
} from './run.js';
import { type RunChange, RunWriter, openRun, putRun } from './run-writer.js';
import type { ListRunsOptions, LogArtifactOptions, LogMetricsOptions, StartRunOptions } from './tracking-options.js';

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

  constructor(config: MLOpsConfig, options: ContextOptions | Context = {}) {
    this.#context = 'stores' in options ? options : createContext(config, options);
    this.#control = new ControlPlane(this.#context);
  }

  /** The same tracker, used by somebody else. */
  withPrincipal(principal: Principal): ExperimentTracker {
    return new ExperimentTracker(this.#context.config, deriveContext(this.#context, { principal }));
  }

  /** @returns the new run's id */
  async startRun(options: StartRunOptions): Promise<string> {
    checkOptions(options, ['experimentName', 'modelType', 'runName', 'parentRunId', 'tags'], 'startRun');
    const experimentName = checkName(options.experimentName, 'experimentName');
    const modelType = checkOptionalName(options.modelType, 'modelType') ?? null;
    const runName = checkOptionalName(options.runName, 'runName') ?? null;
    const parentRunId = checkOptionalName(options.parentRunId, 'parentRunId') ?? null;
    const tags = checkTags(options.tags ?? {});
    const runId = this.#context.ids.next();
    const environment = await this.#captureEnvironment();
    return this.#control.change('tracking.start_run', { resource: { type: 'run', id: runId } }, async (storage) => {
      const parent = parentRunId === null ? [] : [await this.#presence(storage, parentRunId)];
      const run: StoredRun = {
        runId,
        experimentName,
        modelType,
        runName,
        parentRunId,
        status: 'running',
        startedAt: this.#context.clock.now(),
        endedAt: null,
        startedBy: this.#context.principal?.id ?? 'anonymous',
        parameters: {},
        metrics: {},
        tags,
        artifacts: [],
        environment,
        error: null,
      };
      return { changes: [putRun(run, 'absent'), ...parent], result: runId, detail: { experimentName } };
    });
  }

  /**
   * Records parameters: JSON scalars or small objects. The same value again is fine; another value is an error, since a
   * run has one configuration. Nothing is stored when `tracking.log_parameters` is off.
   */
  async logParameters(runId: string, parameters: Readonly<Record<string, JsonValue>>): Promise<void> {
    for (const [key, value] of Object.entries(parameters)) {
      checkName(key, 'parameter name');
      assertJson(value, `parameter ${key}`);
    }
    if (!this.#policy.logParameters) return;
    await this.#update(runId, 'process', (run) => {
      for (const [key, value] of Object.entries(parameters)) {
        const before = run.parameters[key];
        if (before !== undefined && canonicalJson(before) !== canonicalJson(value)) {
          throw new MLOpsError(
            'ALREADY_EXISTS',
            `run ${runId} has the parameter ${key} = ${canonicalJson(before)} already; start another run for ${canonicalJson(value)}`,
          );
        }
      }
      return { run: { ...run, parameters: { ...run.parameters, ...parameters } } };
    });
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
    const { step = 0, timestamp = this.#context.clock.now() } = options;
    if (!Number.isSafeInteger(step)) refuse(`step must be a whole number, got ${step}`);
    if (!Number.isFinite(timestamp)) refuse(`timestamp must be UTC milliseconds, got ${timestamp}`);
    const points = Object.entries(metrics).map(([key, value]): [string, MetricPoint] => {
      checkName(key, 'metric name');
      if (typeof value !== 'number') refuse(`metric ${key} must be a number, got ${typeof value}`);
      return [key, { step, timestamp, value }];
    });
    if (!this.#policy.logMetrics || points.length === 0) return;
    await this.#update(runId, 'process', (run) => ({
      run: {
        ...run,
        metrics: {
          ...run.metrics,
          ...Object.fromEntries(points.map(([key, point]) => [key, addPoint(run.metrics[key], point)])),
        },
      },
      appends: points.map(([key, point]) => ({
        kind: 'append',
        stream: metricStream(runId, key),
        values: [encodePoint(point)],
        expect: run.metrics[key]?.count ?? 0,
      })),
    }));
  }

  /** Sets tags, replacing former values. */
  async setTags(runId: string, tags: Readonly<Record<string, string>>): Promise<void> {
    checkTags(tags);
    await this.#update(runId, 'process', (run) => ({ run: { ...run, tags: { ...run.tags, ...tags } } }));
  }

  /**
   * Keeps a file, the files of a folder, or given content with the run. The bytes are copied and verified when read.
   * Nothing is stored when `tracking.log_artifacts` is off.
   *
   * @returns what was stored
   * @throws MLOpsError `INVALID_INPUT` above `tracking.max_artifact_size_mb`; nothing is recorded then
   */
  async logArtifact(runId: string, options: LogArtifactOptions): Promise<readonly RunArtifact[]> {
    checkOptions(options, ['path', 'content', 'name'], 'logArtifact');
    const { path, content, name } = options;
    if ((path === undefined) === (content === undefined)) refuse('logArtifact needs either a path or content');
    if (!this.#policy.logArtifacts) return [];
    return this.#control.access('tracking.log', async (storage, artifacts) => {
      await this.#load(storage, runId); // an unknown run is refused before bytes are copied
      const stored = await this.#storeArtifact(artifacts, path, content, name);
      await this.#writer(runId).update(storage, 'power', (run) => {
        const names = new Set(stored.map((artifact) => artifact.name));
        return { run: { ...run, artifacts: [...run.artifacts.filter((a) => !names.has(a.name)), ...stored] } };
      });
      return stored;
    });
  }

  async #storeArtifact(
    artifacts: ArtifactStore,
    path: string | undefined,
    content: Uint8Array | string | undefined,
    name: string | undefined,
  ): Promise<RunArtifact[]> {
    const maxBytes = this.#policy.maxArtifactSizeMb * 1024 * 1024;
    const sources =
      path !== undefined
        ? await localSources(path, name)
        : [
            {
              path: name ?? refuse('content needs a name'),
              open: () => (typeof content === 'string' ? Buffer.from(content, 'utf8') : content!),
            },
          ];
    const files = await storeBundle(artifacts, sources, maxBytes);
    return files.map(({ path: stored, digest, size }) => ({ name: stored, digest, size }));
  }

  /**
   * Ends a run. The record says how many points of each metric there are and their digests.
   *
   * @param error what went wrong, when it failed
   */
  async endRun(runId: string, status: FinalRunStatus = 'completed', error?: string): Promise<void> {
    checkOneOf(status, finalRunStatuses, 'status');
    const resource = { type: 'run', id: runId };
    const writer = this.#writer(runId);
    await writer.exclusively(() =>
      this.#control.change('tracking.end_run', { resource }, async (storage) => {
        const stored = await this.#load(storage, runId);
        const run = openRun(stored);
        const ended: StoredRun = { ...run, status, endedAt: this.#context.clock.now(), error: error ?? null };
        writer.forget();
        const metrics = Object.entries(run.metrics).map(
          ([key, { count, digest }]) => [key, { count, digest }] as const,
        );
        return {
          changes: [putRun(ended, stored.version)],
          result: undefined,
          detail: { status, metrics: Object.fromEntries(metrics) },
        };
      }),
    );
    this.#writers.delete(runId);
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getRun(runId: string): Promise<Run> {
    return this.#control.access('tracking.read', async (storage) =>
      viewRun((await this.#load(storage, runId)).value as unknown as StoredRun),
    );
  }

  /** Runs, newest first. */
  async listRuns(options: ListRunsOptions = {}): Promise<{ readonly runs: readonly Run[]; readonly cursor?: string }> {
    checkOptions(options, ['experimentName', 'status', 'limit', 'cursor'], 'listRuns');
    const conditions = (['experimentName', 'status'] as const).flatMap((field) => {
      const value = options[field];
      return value === undefined ? [] : [{ field, op: 'eq' as const, value }];
    });
    return this.#control.access('tracking.read', async (storage) => {
      const { records, cursor } = await storage.query(runsCollection, {
        where: { and: conditions },
        orderBy: [{ field: 'startedAt', direction: 'desc' }],
        ...(options.limit !== undefined && { limit: options.limit }),
        ...(options.cursor !== undefined && { cursor: options.cursor }),
      });
      const runs = records.map((record) => viewRun(record.value as unknown as StoredRun));
      return { runs, ...(cursor !== undefined && { cursor }) };
    });
  }

  /** A metric's points in the order they were logged. */
  async getMetricHistory(
    runId: string,
    key: string,
    range: { readonly from?: number; readonly limit?: number } = {},
  ): Promise<readonly MetricPoint[]> {
    return this.#control.access('tracking.read', async (storage) => {
      await this.#load(storage, runId);
      const { entries } = await storage.read(metricStream(runId, key), range);
      return entries.map(({ value }) => decodePoint(value as unknown as StoredPoint));
    });
  }

  /** An artifact's bytes, verified: the iteration throws `CORRUPT` at its end when they are not those stored. */
  async *readArtifact(runId: string, name: string): AsyncGenerator<Uint8Array> {
    const { artifact, artifacts } = await this.#control.access('tracking.read', async (storage, store) => {
      const run = (await this.#load(storage, runId)).value as unknown as StoredRun;
      return { artifact: run.artifacts.find((candidate) => candidate.name === name), artifacts: store };
    });
    if (artifact === undefined) throw new MLOpsError('NOT_FOUND', `run ${runId} has no artifact ${name}`);
    yield* artifacts.get(artifact.digest);
  }

  /** Gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #policy(): MLOpsConfig['policy']['tracking'] {
    return this.#context.config.policy.tracking;
  }

  async #captureEnvironment(): Promise<JsonObject | null> {
    const { logEnvironment, logGitSha } = this.#policy;
    const [environment, git] = await Promise.all([
      logEnvironment ? captureEnvironment() : null,
      logGitSha ? captureGit() : null,
    ]);
    if (environment === null && git === null) return null;
    return { ...environment, ...(git !== null && { git }) };
  }

  async #update(runId: string, durability: Durability, change: RunChange): Promise<void> {
    checkName(runId, 'runId');
    await this.#control.access('tracking.log', (storage) => this.#writer(runId).update(storage, durability, change));
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

function checkTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(tags)) {
    checkName(key, 'tag name');
    if (typeof value !== 'string') refuse(`tag ${key} must be a string, got ${typeof value}`);
  }
  return tags;
}
