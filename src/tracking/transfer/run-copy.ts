import { MLOpsError } from '../../errors.js';
import type { ControlPlane, Plan } from '../../governance/control-plane.js';
import type { Change, StoredRecord } from '../../storage/storage.js';
import { own } from '../../util/own.js';
import { copyExperiment } from '../experiments.js';
import { addPoints, encodePoint, metricStream, type StoredMetricSummary } from '../metric.js';
import { type StoredRun, auditedSummary, revisionOf, runsCollection } from '../run.js';
import { RunLeases } from '../run-leases.js';
import { putRun } from '../run-writer.js';
import { checkExperiment, checkRecord } from './check-record.js';
import { compareCopies } from './compare-copies.js';
import type { RunStore, TransferResult } from './transfer-options.js';
import { pointPages, verifyPoints } from './verify-points.js';

/** Most new points of one commit. */
const maxPoints = 50_000;

type CopyOutcome = Exclude<keyof TransferResult, 'refused'>;

/** Copies one run. */
export class RunCopy {
  /** Version of the record at the destination that the copy was found to continue; 0 when there is none. */
  #judgedVersion: number | undefined;
  /** What the last commit left, when more are to follow. */
  #left: StoredRun | undefined;

  /** @param checkGoingOn throws when the work was aborted */
  constructor(
    private readonly runId: string,
    private readonly from: RunStore,
    private readonly to: RunStore,
    private readonly control: ControlPlane,
    private readonly checkGoingOn: () => void,
  ) {}

  /** @throws MLOpsError `CONFLICT`, `CORRUPT`, `NOT_FOUND` when this run cannot be copied */
  async make(): Promise<CopyOutcome> {
    const run = await this.#source();
    const present = await this.to.storage.get(runsCollection, this.runId);
    if (!(await this.#isNewer(run, present))) return 'unchanged';
    await this.#copyArtifacts(run, present?.value as unknown as StoredRun | undefined);
    for (let isComplete = false; !isComplete;) {
      this.checkGoingOn();
      isComplete = await this.control.change('tracking.import_run', this.#request, () => this.#plan(run));
    }
    return present === undefined ? 'imported' : 'updated';
  }

  async recordRefusal(reason: string): Promise<void> {
    const plan: Plan<void> = { changes: [], result: undefined, decision: 'deny', reason };
    await this.control.change('tracking.import_run', this.#request, async () => plan);
  }

  get #request() {
    return { resource: { type: 'run', id: this.runId }, scope: 'store' } as const;
  }

  async #source(): Promise<StoredRun> {
    const record = await this.from.storage.get(runsCollection, this.runId);
    if (record === undefined) throw new MLOpsError('NOT_FOUND', `run ${this.runId} went away while it was copied`);
    return checkRecord(record);
  }

  /** Whether the copy continues what is there, points included. */
  async #isNewer(run: StoredRun, present: StoredRecord | undefined): Promise<boolean> {
    const version = present?.version ?? 0;
    if (version === this.#judgedVersion) return true;
    const there = present?.value as unknown as StoredRun | undefined;
    if (there !== undefined && this.#left !== undefined && isAsLeft(there, this.#left)) return true;
    const age = there === undefined ? 'newer' : compareCopies(run, there);
    if (age === 'newer') await verifyPoints(this.from.storage, there, run);
    if (age === 'older') await verifyPoints(this.to.storage, run, there!);
    if (age === 'newer') this.#judgedVersion = version;
    return age === 'newer';
  }

  /**
   * Files first: a run that names a file has it. What is there already is not copied, but put again unless the run that is
   * there names it: garbage collection may be about to remove what nobody names.
   */
  async #copyArtifacts({ artifacts }: StoredRun, present: StoredRun | undefined): Promise<void> {
    const named = new Set(present?.artifacts.map(({ digest }) => digest));
    for (const { name, digest, size } of artifacts) {
      this.checkGoingOn();
      const there = await this.to.artifacts.stat(digest);
      const isNamed = there !== undefined && named.has(digest);
      const source = there === undefined ? this.from : this.to;
      const found = isNamed ? there : await this.to.artifacts.put(source.artifacts.get(digest));
      if (found.size === size) continue;
      throw new MLOpsError('CORRUPT', `run ${this.runId} says that ${name} has ${size} bytes; it has ${found.size}`);
    }
  }

  /** One commit: as many points as it may hold, and the run as it is with them. True when nothing remains. */
  async #plan(run: StoredRun): Promise<Plan<boolean>> {
    const present = await this.to.storage.get(runsCollection, this.runId);
    if (!(await this.#isNewer(run, present))) {
      return { changes: [], result: true, decision: 'deny', reason: 'somebody else has brought it up to date' };
    }
    const before = present?.value as unknown as StoredRun | undefined;
    const { metrics, appends, isComplete } = await this.#nextPoints(run, before?.metrics ?? {});
    const copied: StoredRun = {
      ...run,
      deletedAt: before === undefined ? (run.deletedAt ?? null) : (before.deletedAt ?? null),
      ...(isComplete
        ? { revision: revisionOf(run) }
        : { metrics, status: 'running', endedAt: null, error: null, revision: before?.revision ?? 0 }),
    };
    this.#left = copied;
    // The lease stays behind: the process that has the run going does not speak to this store.
    const ended: readonly Change[] = copied.status === 'running' ? [] : [RunLeases.drop(this.runId)];
    const experiment = await copyExperiment(this.from.storage, this.to.storage, run, checkExperiment);
    return {
      changes: [putRun(copied, present?.version ?? 'absent'), ...appends, ...ended, ...experiment],
      result: isComplete,
      detail: { ...auditedSummary(copied), isComplete },
    };
  }

  async #nextPoints(run: StoredRun, present: StoredRun['metrics']) {
    const metrics: Record<string, StoredMetricSummary> = { ...present };
    const appends: Change[] = [];
    let room = maxPoints;
    let isComplete = true;
    for (const [key, { count }] of Object.entries(run.metrics)) {
      const start = own(present, key)?.count ?? 0;
      const end = Math.min(count, start + room);
      isComplete &&= end === count;
      if (end === start) continue;
      room -= end - start;
      const values = [];
      for await (const points of pointPages(this.from.storage, this.runId, key, [start, end])) {
        metrics[key] = addPoints(own(metrics, key), points);
        for (const point of points) values.push(encodePoint(point));
      }
      appends.push({ kind: 'append', stream: metricStream(this.runId, key), values, expect: start });
    }
    return { metrics, appends, isComplete };
  }
}

const isAsLeft = (a: StoredRun, b: StoredRun): boolean =>
  a.revision === b.revision &&
  Object.keys(a.metrics).length === Object.keys(b.metrics).length &&
  Object.entries(a.metrics).every(([key, { digest }]) => digest === own(b.metrics, key)?.digest);
