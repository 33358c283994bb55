import type { ComplianceCheckName } from '../../config/governance-policy.js';
import type { DataFinding } from '../../retraining/retrain-result.js';
import type { Evidence } from '../../registry/model-record.js';
import { type AgeingEvidence, aged } from './aged.js';
import { type Finding, judged, met, notAssessed } from './check.js';
import type { ComplianceFacts } from './facts.js';

/** The checks of `security.compliance_checks`. */
export const policyChecks: Readonly<Record<ComplianceCheckName, (facts: ComplianceFacts) => Finding>> = {
  data_quality: dataQuality,
  model_fairness: modelFairness,
  bias_detection: biasDetection,
  explainability,
};

/**
 * The training data are known by digest, and a retraining checked them without a blocking finding. They do not change any more,
 * so that what was found of them does not grow old.
 */
function dataQuality({ version, retraining }: ComplianceFacts): Finding {
  const { trainingData } = version;
  if (trainingData === null) return notAssessed('the version does not say what it was trained on');
  const { digest, rowCount } = trainingData;
  const step = retraining?.steps.find(({ name }) => name === 'check');
  if (step === undefined) {
    return notAssessed('the training data were not checked: only retrainings check them', { digest, rowCount });
  }
  const found = findingsOf(step.output);
  const blocking = found.filter(({ severity }) => severity === 'blocking');
  const evidence = { digest, rowCount, retrainingId: retraining!.retrainingId, findings: found };
  return judged(blocking.length === 0, `${found.length} findings, ${blocking.length} of them blocking`, evidence);
}

const findingsOf = (output: unknown): readonly DataFinding[] =>
  (Array.isArray(output) ? output : ((output as { findings?: unknown }).findings ?? [])) as readonly DataFinding[];

function modelFairness(facts: ComplianceFacts): Finding {
  const found = facts.version.evidence.bias_testing;
  if (found === undefined) return notAssessed('no bias test is recorded (evidence bias_testing)');
  const evidence = { recordedAt: found.recordedAt, recordedBy: found.recordedBy, detail: found.detail };
  if (!found.passed && found.detail['verdict'] === 'inconclusive') {
    return notAssessed('the bias test was inconclusive', evidence);
  }
  const result = judged(
    found.passed,
    found.passed ? 'groups are treated alike' : 'groups are treated unlike',
    evidence,
  );
  return aged(result, biasTest(found), facts);
}

/** That somebody looked; what was seen is {@link modelFairness}. */
function biasDetection(facts: ComplianceFacts): Finding {
  const { version, policy } = facts;
  const found = version.evidence.bias_testing;
  const columns = Object.hasOwn(policy.models, version.modelType)
    ? policy.models[version.modelType]!.fairnessColumns
    : [];
  if (found === undefined) return notAssessed('no bias test is recorded (evidence bias_testing)', { columns });
  const evidence = { columns, recordedAt: found.recordedAt, recordedBy: found.recordedBy };
  return aged(met(`a bias test was made at ${found.recordedAt}`, evidence), biasTest(found), facts);
}

function explainability(facts: ComplianceFacts): Finding {
  const found = facts.version.evidence.explainability;
  if (found === undefined) return notAssessed('no explanation is recorded (evidence explainability)');
  const evidence = { recordedAt: found.recordedAt, recordedBy: found.recordedBy, detail: found.detail };
  const result = judged(found.passed, found.passed ? 'the model was explained' : 'the explanation failed', evidence);
  const madeAt = Date.parse(found.recordedAt);
  return aged(result, { kind: 'explainability', what: 'the explanation', madeAt }, facts);
}

const biasTest = ({ recordedAt }: Evidence): AgeingEvidence => ({
  kind: 'bias_testing',
  what: 'the bias test',
  madeAt: Date.parse(recordedAt),
});
