import { ArmCollector } from './arm-collector.js';
import type { DeploymentStatistics, StratumStatistics } from './deployment-statistics.js';
import type { EvidenceSettings } from './evidence-settings.js';
import { hasOutcomes, mergeStatistics } from './merge-statistics.js';
import type { Label, PairLabel, PairedOutcome, RequestOutcome } from './outcome.js';
import { PairCollector } from './pair-collector.js';

/**
 * Collects the outcomes of one deployment in this process. Recording is synchronous, does no I/O and allocates only for
 * what is new: a step, a cohort, a segment, a key's first failure.
 *
 * Every call names the step that was in force when the request was routed (a label that comes days later too), the time
 * of the request, and its unit: an unsigned 32-bit hash of the routing key, or of the request's id where there is none.
 */
export class EvidenceCollector {
  readonly #strata = new Map<string, StratumCollector>();
  #last: StratumCollector | undefined;
  #returned: DeploymentStatistics | undefined;

  constructor(readonly settings: EvidenceSettings) {}

  /** A request that one model answered, with its actual value if that is known already. */
  record(arm: 'canary' | 'production', step: number, unit: number, atMs: number, outcome: RequestOutcome): void {
    this.#stratum(step, atMs).arm(arm).record(unit, outcome);
  }

  /** The actual value of a request that `record` was told about before. */
  recordLabel(arm: 'canary' | 'production', step: number, unit: number, atMs: number, label: Label): void {
    this.#stratum(step, atMs).arm(arm).recordLabel(unit, label);
  }

  /** A shadow request: production answered, and both models scored it. */
  recordPair(step: number, unit: number, atMs: number, outcome: PairedOutcome): void {
    this.#stratum(step, atMs).pairs.record(unit, outcome);
  }

  /** The actual value of a request that `recordPair` was told about before. */
  recordPairLabel(step: number, unit: number, atMs: number, label: PairLabel): void {
    this.#stratum(step, atMs).pairs.recordLabel(unit, label);
  }

  /** What came since the last time, or undefined when nothing did. Strata without news are forgotten. */
  take(): DeploymentStatistics | undefined {
    const strata: StratumStatistics[] = [];
    const ordered = [...this.#strata.values()].sort((a, b) => a.step - b.step || a.cohort - b.cohort);
    for (const stratum of ordered) {
      const taken = stratum.take();
      if (hasOutcomes(taken)) strata.push(taken);
      else this.#strata.delete(stratumKey(stratum.step, stratum.cohort));
    }
    this.#last = undefined;
    const returned = this.#returned;
    this.#returned = undefined;
    if (strata.length === 0) return returned;
    const fresh: DeploymentStatistics = { version: 1, task: this.settings.task, strata };
    return returned === undefined ? fresh : mergeStatistics(returned, fresh);
  }

  /** Puts back what could not be stored; the next `take` has it. */
  restore(delta: DeploymentStatistics): void {
    this.#returned = this.#returned === undefined ? delta : mergeStatistics(this.#returned, delta);
  }

  #stratum(step: number, atMs: number): StratumCollector {
    const { cohortMs } = this.settings;
    const cohort = cohortMs === 0 ? 0 : Math.floor(atMs / cohortMs);
    const last = this.#last;
    if (last?.step === step && last.cohort === cohort) return last;
    const key = stratumKey(step, cohort);
    let stratum = this.#strata.get(key);
    if (stratum === undefined) this.#strata.set(key, (stratum = new StratumCollector(step, cohort, this.settings)));
    this.#last = stratum;
    return stratum;
  }
}

const stratumKey = (step: number, cohort: number): string => `${step}/${cohort}`;

class StratumCollector {
  readonly #canary: ArmCollector;
  readonly #production: ArmCollector;
  readonly pairs: PairCollector;

  constructor(
    readonly step: number,
    readonly cohort: number,
    settings: EvidenceSettings,
  ) {
    this.#canary = new ArmCollector(settings);
    this.#production = new ArmCollector(settings);
    this.pairs = new PairCollector(settings);
  }

  arm(arm: 'canary' | 'production'): ArmCollector {
    return arm === 'canary' ? this.#canary : this.#production;
  }

  take(): StratumStatistics {
    return {
      step: this.step,
      cohort: this.cohort,
      canary: this.#canary.take(),
      production: this.#production.take(),
      pairs: this.pairs.take(),
    };
  }
}
