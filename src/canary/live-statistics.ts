import type { StoredDeployment } from './deployment.js';
import type { DeploymentStatistics, StratumStatistics } from './evidence/deployment-statistics.js';
import { type EvidenceSettings, cohortLengthMs } from './evidence/evidence-settings.js';

/** How a deployment's outcomes are collected; fixed when it begins. */
export const settingsOf = ({ task, labelWindowMs, budgets }: StoredDeployment): EvidenceSettings => ({
  task,
  cohortMs: cohortLengthMs(labelWindowMs),
  ...budgets,
});

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Requests of one stratum that the candidate answered, or in shadow mode scored. */
const ofCandidate = ({ canary, pairs }: StratumStatistics): number => sum(canary.cells.requests) + pairs.all.requests;

/** All requests whose outcome was recorded. */
export const countOutcomes = ({ strata }: DeploymentStatistics): number =>
  sum(strata.map((stratum) => ofCandidate(stratum) + sum(stratum.production.cells.requests)));

/** Requests of one step that the candidate answered, or in shadow mode scored. */
export const requestsOfStep = ({ strata }: DeploymentStatistics, step: number): number =>
  sum(strata.filter((stratum) => stratum.step === step).map(ofCandidate));
