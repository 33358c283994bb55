import { scanArtifacts } from '../../registry/artifact-scan.js';
import { checkModelFile } from '../../registry/model-format.js';
import type { GateResult } from '../../registry/gate-result.js';
import { evaluateGates } from '../../registry/gates.js';
import type { Evidence } from '../../registry/model-record.js';
import { toIso } from '../../util/clock.js';
import { digestJson } from '../../util/digest.js';
import { type Champion, challenge } from '../challenge.js';
import { type ExplanationEvidence, explainModel } from '../explain.js';
import type { Job } from '../job.js';
import type { ChallengeResult } from '../retrain-result.js';
import type { SplitData } from '../split-data.js';
import type { Challenger } from './train.js';

/** Asks champion and challenger about the same rows, which neither has learned from. */
export const compareStep = (
  { plan, journal }: Job,
  { test, split }: SplitData,
  challenger: Challenger,
  champion: Champion | undefined,
): Promise<ChallengeResult> =>
  journal.step(
    'compare',
    { model: challenger.digest, holdout: test.digest(), champion: champion?.digest ?? null },
    () => challenge({ ...plan, holdout: test, split }, challenger.model, champion),
  );

export const explainStep = (job: Job, { test }: SplitData, challenger: Challenger): Promise<ExplanationEvidence> =>
  job.journal.step('explain', { model: challenger.digest, holdout: test.digest() }, () =>
    explainModel(challenger.model, test, {
      targetColumn: job.plan.targetColumn,
      fairnessColumns: job.plan.fairnessColumns,
      random: job.random.split('explain'),
      watch: { signal: job.signal, onProgress: (fraction) => job.progress('explain', fraction) },
    }),
  );

/** The policy's gates for the challenger as it would be registered. */
export function gatesStep(
  { plan, journal, artifacts, config }: Job,
  challenger: Challenger,
  { challengerMetrics }: ChallengeResult,
  explanation: ExplanationEvidence,
): Promise<readonly GateResult[]> {
  const inputs = {
    model: challenger.digest,
    metrics: challengerMetrics,
    explanation: digestJson(explanation),
    policy: config.digest,
  };
  return journal.step('gates', inputs, async () => {
    const sources = challenger.contents.map(({ path, bytes }) => ({ path, open: () => bytes }));
    const declared = await checkModelFile(sources, challenger.main);
    const { files, main: modelFile, digest } = challenger;
    const scanned = { files, modelFile, digest, ...(declared && { declared }) };
    const scan = await scanArtifacts(scanned, artifacts);
    const { startedAt, startedBy } = journal.record;
    const recorded = { recordedAt: toIso(startedAt), recordedBy: startedBy };
    const evidence: Record<string, Evidence> = {};
    for (const [kind, found] of Object.entries(explanation)) evidence[kind] = { ...found, ...recorded };
    const judged = { performanceMetrics: challengerMetrics, evidence };
    return evaluateGates(judged, plan.task, scan, config.policy, startedAt); // all of it was made just now
  });
}

/**
 * Why a gate stops the challenger, or undefined. What nobody has looked at yet stops the promotion later, not the
 * registration: the evidence is recorded on the registered version.
 */
export function failedGates(gates: readonly GateResult[]): string | undefined {
  const failed = gates.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return undefined;
  return `refused by the gates: ${failed.map(({ gate, message }) => `${gate}: ${message}`).join('; ')}`;
}
