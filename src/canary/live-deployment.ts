import { ConflictError } from '../errors.js';
import type { Change, Storage } from '../storage/storage.js';
import { Mutex } from '../util/mutex.js';
import { hashOf, saltSeed } from './bucketing.js';
import { type StoredDeployment, deploymentsCollection } from './deployment.js';
import { type LoadedDeployment, loadDeployment } from './deployment-lookups.js';
import type { DeploymentStatistics } from './evidence/deployment-statistics.js';
import { EvidenceCollector } from './evidence/evidence-collector.js';
import { mergeStatistics, noStatistics } from './evidence/merge-statistics.js';
import { countOutcomes, settingsOf } from './live-statistics.js';
import type { Outcome, RoutedRequest, ShadowOutcome } from './outcomes.js';
import { type ProcessReport, heartbeatMs, processesCollection, putReport, reportId } from './process-report.js';
import type { LoggedPrediction } from './stored-prediction.js';
import { currentStep } from './rollout.js';
import { noCounts } from './route-table.js';
import { hasEnded } from './transitions.js';

/** A deployment as one process serves it: what it has seen, and how much of that is stored. */
export class LiveDeployment {
  /** Requests routed so far, as of the last time somebody asked the router. */
  routed = noCounts;
  droppedShadow = 0;
  /** Predictions that wait for their label and could not be kept. */
  droppedPredictions = 0;
  #hasRecorded = false;
  readonly #collector: EvidenceCollector;
  readonly #seed: number;
  readonly #turns = new Mutex();
  #deployment: LoadedDeployment;
  #step: number | undefined;
  #lastStep = -1;
  /** Neither routed nor counted any more: it has ended, or was halted. */
  #isOver = false;
  /** The next unit of a request that nobody named a key for. */
  #anonymous: number;
  /** What the report in the store says, as far as nobody gathered it. */
  #stored: DeploymentStatistics;
  #gathered: ProcessReport['gathered'];
  /** What is being stored. An attempt that failed may have been carried out after all, so nothing is added to it. */
  #pending: DeploymentStatistics | undefined;
  /** Attempts to store anything so far, and the first of them that had what is pending with it. */
  #attempt = 0;
  #pendingSince = 0;
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
    this.#collector = new EvidenceCollector(settingsOf(deployment.value));
    this.#stored = noStatistics(deployment.value.task);
    this.#seed = saltSeed(deployment.value.salt);
    this.#anonymous = hashOf(this.#seed, processId); // not where another process begins: its requests are others
    this.#deployment = deployment;
    this.#flushedAt = beganAt;
    this.update(deployment);
  }

  get deployment(): StoredDeployment {
    return this.#deployment.value;
  }

  /** Whether requests are routed or counted for it. */
  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Whether a request was routed for it here, or anything came of one. */
  get hasServed(): boolean {
    const { canary, production, shadow } = this.routed;
    return this.#hasRecorded || canary + production + shadow > 0;
  }

  /** Whether it is over and all it has to say is stored. */
  get isStored(): boolean {
    return (this.#closedAt !== null || (this.#isOver && this.#isOnlooker)) && this.#late === this.#storedLate;
  }

  /** It has nothing to report and never did, such as a process that only pauses a canary: it is none that serves. */
  get #isOnlooker(): boolean {
    return this.#sequence === 0 && !this.hasServed;
  }

  /** Takes what the store says, unless this process knows better. */
  update(deployment: LoadedDeployment): void {
    if (deployment.version >= this.#deployment.version) this.#take(deployment);
  }

  #take(deployment: LoadedDeployment): void {
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

  /**
   * @param at when the request was made, UTC milliseconds
   * @returns the unit it counts for; undefined when it does not count
   */
  record(outcome: Outcome, at: number): number | undefined {
    const { candidateVersion, productionVersion } = this.#deployment.value;
    const { version } = outcome;
    if (version !== candidateVersion && version !== productionVersion) return undefined;
    const step = this.#stepOf(outcome);
    if (step === undefined || this.#deployment.value.steps[step]!.mode === 'shadow') return undefined;
    const arm = version === candidateVersion ? 'canary' : 'production';
    const unit = this.#unitOf(outcome);
    this.#collector.record(arm, step, unit, at, outcome);
    return unit;
  }

  /** As {@link record}, for a request of a shadow step that both versions scored. */
  recordPair(outcome: ShadowOutcome, at: number): number | undefined {
    const step = this.#stepOf(outcome);
    if (step === undefined || this.#deployment.value.steps[step]!.mode !== 'shadow') return undefined;
    const unit = this.#unitOf(outcome);
    this.#collector.recordPair(step, unit, at, outcome);
    return unit;
  }

  /** The actual value of a request recorded earlier, here or in another process. */
  recordLabel(logged: LoggedPrediction, actual: number): boolean {
    if (this.#isOver) return false;
    this.#hasRecorded = true;
    const { arm, step, unit, at, prediction, shadowPrediction, segment } = logged;
    const labelled = { actual, ...(segment !== null && { segment }) };
    if (arm !== 'pair') this.#collector.recordLabel(arm, step, unit, at, { prediction, ...labelled });
    else if (shadowPrediction !== null) {
      const answers = { canaryPrediction: shadowPrediction, productionPrediction: prediction };
      this.#collector.recordPairLabel(step, unit, at, { ...answers, ...labelled });
    }
    return true;
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
      let hasMoved = false;
      for (;;) {
        const isRest = this.#pending !== undefined;
        if (!isRest) {
          this.#pending = this.#collector.take();
          this.#pendingSince = this.#attempt + 1;
        }
        if (!this.#hasNews(now, isClosing)) return hasMoved;
        while (!(await this.#store(storage, now, isClosing))) hasMoved = true;
        if (!isRest) return hasMoved;
      }
    });
  }

  /**
   * The step a request belongs to; undefined when it counts for none, as routing says by a unit of 0 and no deployment.
   * Requests of an ended deployment are late.
   */
  #stepOf({ deploymentId, unit, step = this.#step }: RoutedRequest): number | undefined {
    this.#hasRecorded = true;
    if (deploymentId === undefined ? unit === 0 : deploymentId !== this.#deployment.value.deploymentId)
      return undefined;
    if (!this.#isOver && step !== undefined && step >= 0 && step <= this.#lastStep) return step;
    if (deploymentId !== undefined) this.#late++;
    return undefined;
  }

  #unitOf({ unit, routingKey }: RoutedRequest): number {
    if (unit !== undefined) return unit >>> 0;
    const key = String(routingKey ?? '');
    return key === '' ? this.#anonymous++ >>> 0 : hashOf(this.#seed, key) >>> 0;
  }

  #hasNews(now: number, isClosing: boolean): boolean {
    if (this.#pending !== undefined || this.#late > this.#storedLate) return true;
    if (this.#closedAt !== null) return false;
    if ((isClosing || this.#isOver) && this.#isOnlooker) return false;
    const isDue = Math.abs(now - this.#flushedAt) >= heartbeatMs; // also where the clock was ahead then
    return isClosing || this.#isOver || this.#sequence === 0 || isDue;
  }

  /** One attempt; false when the deployment had changed, and it is to be tried anew. */
  async #store(storage: Storage, now: number, isClosing: boolean): Promise<boolean> {
    if (this.#isOver && this.#pending !== undefined) {
      this.#late += countOutcomes(this.#pending);
      this.#pending = undefined;
    }
    const { deploymentId } = this.#deployment.value;
    const report: ProcessReport = {
      deploymentId,
      process: this.processId,
      pid: process.pid,
      sequence: this.#sequence + 1,
      attempt: ++this.#attempt,
      beganAt: this.beganAt,
      flushedAt: now,
      closedAt: isClosing || this.#isOver ? now : null,
      routed: this.routed,
      late: this.#late,
      droppedShadow: this.droppedShadow,
      droppedPredictions: this.droppedPredictions,
      ...(this.#gathered !== undefined && { gathered: this.#gathered }),
      statistics: this.#pending === undefined ? this.#stored : mergeStatistics(this.#stored, this.#pending),
    };
    const changes: Change[] = [putReport(report, this.#recordVersion)];
    if (!this.#isOver) {
      const { version: expect } = this.#deployment;
      changes.push({ kind: 'check', collection: deploymentsCollection, id: deploymentId, expect });
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
    this.#pending = undefined;
    this.#storedLate = report.late;
    this.#sequence = report.sequence;
    this.#flushedAt = now;
    this.#closedAt = report.closedAt;
    return true;
  }

  /** Reads what stood in the way of a commit. */
  async #learn(storage: Storage, { conflict }: ConflictError): Promise<void> {
    if (conflict.kind === 'record' && conflict.collection === processesCollection) {
      await this.#learnOfReport(storage);
      return;
    }
    // Also an older state than this process knew: the store may have been restored from a backup.
    this.#take(await loadDeployment(storage, this.#deployment.value.deploymentId));
  }

  /**
   * A commit of before whose answer got lost: the record says the same as this process, or less. Or somebody took this
   * process for gone and gathered what the record said: from then on only the rest is reported.
   */
  async #learnOfReport(storage: Storage): Promise<void> {
    const record = await storage.get(processesCollection, reportId(this.deployment.deploymentId, this.processId));
    this.#recordVersion = record?.version ?? 'absent';
    if (record === undefined) return;
    const { gathered, attempt = 0, statistics } = record.value as unknown as ProcessReport;
    if (gathered === undefined || gathered.times === this.#gathered?.times) return;
    this.#gathered = gathered;
    this.#stored = statistics;
    if (attempt >= this.#pendingSince) this.#pending = undefined;
  }
}
