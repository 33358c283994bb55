import { ConflictError } from '../errors.js';
import type { Change, Storage } from '../storage/storage.js';
import { Mutex } from '../util/mutex.js';
import { deploymentsCollection } from './deployment.js';
import { type LoadedDeployment, loadDeployment } from './deployment-lookups.js';
import { LiveStatistics, type StepStatistics, countOutcomes, mergeSteps, noSteps } from './live-statistics.js';
import type { Outcome } from './outcomes.js';
import { type ProcessReport, heartbeatMs, processesCollection, putReport } from './process-report.js';
import { currentStep } from './rollout.js';
import type { RoutedCounts } from './router.js';
import { hasEnded } from './transitions.js';

/** A deployment as one process serves it: what it has seen, and how much of that is stored. */
export class LiveDeployment {
  readonly counts: RoutedCounts = { canary: 0, production: 0, shadow: 0 };
  droppedShadow = 0;
  readonly #statistics: LiveStatistics;
  readonly #turns = new Mutex();
  #deployment: LoadedDeployment;
  #step: number | undefined;
  #lastStep = -1;
  /** Neither routed nor counted any more: it has ended, or was halted. */
  #isOver = false;
  #stored: StepStatistics = noSteps;
  #pending: StepStatistics = noSteps;
  #late = 0;
  #storedLate = 0;
  #sequence = 0;
  #flushedAt: number;
  #closedAt: number | null = null;
  #recordVersion: 'absent' | number = 'absent';

  constructor(
    deployment: LoadedDeployment,
    private readonly processId: string,
    private readonly beganAt: number,
  ) {
    const { candidateVersion, productionVersion, task } = deployment.value;
    this.#statistics = new LiveStatistics(candidateVersion, productionVersion, task);
    this.#deployment = deployment;
    this.#flushedAt = beganAt;
    this.update(deployment);
  }

  get deploymentId(): string {
    return this.#deployment.value.deploymentId;
  }

  get modelName(): string {
    return this.#deployment.value.modelName;
  }

  /** Whether requests are routed or counted for it. */
  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Whether it is over and all it has to say is stored. */
  get isStored(): boolean {
    return this.#closedAt !== null && this.#late === this.#storedLate;
  }

  /** Takes what the store says, unless this process knows better. */
  update(deployment: LoadedDeployment): void {
    if (deployment.version < this.#deployment.version) return;
    this.#deployment = deployment;
    this.#step = currentStep(deployment.value)?.step;
    this.#lastStep = deployment.value.steps.at(-1)?.step ?? -1;
    if (hasEnded(deployment.value.status) || deployment.value.status === 'halted') this.end();
  }

  /** From now on outcomes are counted as late. */
  end(): void {
    this.#isOver = true;
    this.#step = undefined;
  }

  /** @returns whether the outcome counts */
  record(outcome: Outcome): boolean {
    const { deploymentId, step = this.#step } = outcome;
    if (deploymentId !== undefined && deploymentId !== this.deploymentId) return false;
    if (step !== undefined && step <= this.#lastStep && !this.#isOver) return this.#statistics.record(step, outcome);
    if (deploymentId !== undefined) this.#late++;
    return false;
  }

  /**
   * Stores what this process has seen, if there is anything new or a heartbeat is due. A deployment that ended
   * meanwhile takes no more outcomes: they are counted as late.
   *
   * @param isClosing nothing will follow
   * @returns whether the store knew of a change of the deployment that this process did not
   */
  async flush(storage: Storage, now: number, isClosing: boolean): Promise<boolean> {
    return this.#turns.run(async () => {
      const taken = this.#statistics.take();
      if (taken !== undefined) this.#pending = mergeSteps(this.#pending, taken);
      if (!this.#hasNews(now, isClosing)) return false;
      let hasMoved = false;
      while (!(await this.#store(storage, now, isClosing))) hasMoved = true;
      return hasMoved;
    });
  }

  #hasNews(now: number, isClosing: boolean): boolean {
    if (countOutcomes(this.#pending) > 0 || this.#late > this.#storedLate) return true;
    if (this.#closedAt !== null) return false;
    return isClosing || this.#isOver || this.#sequence === 0 || now - this.#flushedAt >= heartbeatMs;
  }

  /** One attempt; false when the deployment had changed, and it is to be tried anew. */
  async #store(storage: Storage, now: number, isClosing: boolean): Promise<boolean> {
    if (this.#isOver) {
      this.#late += countOutcomes(this.#pending);
      this.#pending = noSteps;
    }
    const report: ProcessReport = {
      deploymentId: this.deploymentId,
      process: this.processId,
      pid: process.pid,
      sequence: this.#sequence + 1,
      beganAt: this.beganAt,
      flushedAt: now,
      closedAt: isClosing || this.#isOver ? now : null,
      routed: { ...this.counts },
      late: this.#late,
      droppedShadow: this.droppedShadow,
      statistics: mergeSteps(this.#stored, this.#pending),
    };
    const changes: Change[] = [putReport(report, this.#recordVersion)];
    if (!this.#isOver) {
      const { version: expect } = this.#deployment;
      changes.push({ kind: 'check', collection: deploymentsCollection, id: this.deploymentId, expect });
    }
    try {
      const [version] = await storage.commit(changes, { durability: 'process' });
      this.#recordVersion = version!;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      await this.#learn(storage, error);
      return false;
    }
    this.#stored = report.statistics;
    this.#pending = noSteps;
    this.#storedLate = report.late;
    this.#sequence = report.sequence;
    this.#flushedAt = now;
    this.#closedAt = report.closedAt;
    return true;
  }

  /** Reads what stood in the way of a commit. */
  async #learn(storage: Storage, { conflict }: ConflictError): Promise<void> {
    if (conflict.kind === 'record' && conflict.collection === processesCollection) {
      // A commit of before whose answer got lost: the record says the same as this process, or less.
      this.#recordVersion = conflict.actual;
      return;
    }
    this.update(await loadDeployment(storage, this.deploymentId));
  }
}
