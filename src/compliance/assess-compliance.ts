import { ControlPlane } from '../governance/control-plane.js';
import { actorId } from '../registry/attribution.js';
import { evidenceChanges } from '../registry/evidence.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import { checkVersion } from '../registry/version-number.js';
import { contextOf } from '../runtime/context.js';
import { checkName, checkOptions } from '../util/check.js';
import { toIso } from '../util/clock.js';
import { digestJson } from '../util/digest.js';
import { deepFreeze } from '../util/freeze.js';
import { type JsonObject, assertJson } from '../util/json.js';
import { checksOf } from './checks/check-table.js';
import type { ComplianceCheck } from './checks/check.js';
import type { ComplianceFacts } from './checks/facts.js';
import { type ComplianceInputs, checkInputs } from './checks/inputs.js';
import {
  type CheckResult,
  type ComplianceReport,
  countStatuses,
  goodUntilOf,
  putComplianceReport,
  verdictOf,
} from './compliance-report.js';
import { gatherFacts } from './gather-facts.js';
import { type Attestation, attestationsCollection } from './inventory/attestations.js';
import { listItems } from './inventory/stored-items.js';

/** Which version {@link assessCompliance} looks at, and with which outcomes. */
export interface AssessComplianceOptions {
  readonly modelName: string;
  readonly version: string;
  /** What came of the model's estimates. What is not given is not assessed. */
  readonly inputs?: ComplianceInputs;
}

/** Promises what src/on-demand.ts says. */
export async function assessCompliance(
  registry: ModelRegistry,
  options: AssessComplianceOptions,
): Promise<ComplianceReport> {
  checkOptions(options, ['modelName', 'version', 'inputs'], 'assessCompliance');
  const [modelName, version] = [checkName(options.modelName, 'modelName'), checkVersion(options.version)];
  const inputs = checkInputs(options.inputs === undefined ? {} : options.inputs);
  assertJson(inputs, 'inputs');
  const context = contextOf(registry);
  const resource = { type: 'model_version', id: modelName, version };
  return new ControlPlane(context).change(
    'compliance.assess',
    { resource, scope: { model: resource.id } },
    async (storage) => {
      const facts = await gatherFacts(context, storage, modelName, version, inputs);
      const attestations = await listItems<Attestation>(storage, attestationsCollection, modelName);
      const { inScope, outOfScope } = scopeOf(checksOf(context.config.policy.security), facts);
      const results: CheckResult[] = [];
      for (const check of inScope) results.push(await resultOf(check, facts, attestations));
      const goodUntil = goodUntilOf(results);
      const report: ComplianceReport = {
        reportId: context.ids.next(),
        modelName,
        version,
        digest: facts.version.digest,
        assessedAt: toIso(facts.now),
        assessedBy: actorId(context),
        verdict: verdictOf(results),
        frameworks: context.config.policy.security.regulatoryFrameworks,
        measures: facts.entry?.measures ?? [],
        counts: countStatuses(results),
        ...(goodUntil !== undefined && { goodUntil }),
        results,
        outOfScope,
        policyDigest: context.config.digest,
        inputsDigest: digestJson(inputs),
      };
      const { complianceChecks } = context.config.policy.security;
      const summary = { ...summaryOf(report), complianceChecks: [...complianceChecks] };
      const isPassed = report.verdict === 'passed';
      return {
        changes: [
          putComplianceReport(report),
          ...(await evidenceChanges(context, storage, modelName, version, 'compliance', isPassed, summary)),
        ],
        result: deepFreeze(report),
        resource: { ...resource, digest: report.digest },
        detail: summary,
      };
    },
  );
}

/** What the version's evidence says of a report. */
function summaryOf({ reportId, verdict, frameworks, counts, results, goodUntil }: ComplianceReport): JsonObject {
  const named = (wanted: CheckResult['status']): readonly string[] =>
    results.filter(({ status }) => status === wanted).map(({ check }) => check);
  return {
    reportId,
    verdict,
    frameworks: [...frameworks],
    counts: { ...counts },
    notMet: named('not_met'),
    notAssessed: named('not_assessed'),
    ...(goodUntil !== undefined && { goodUntil }),
  };
}

function scopeOf(
  checks: readonly ComplianceCheck[],
  { entry }: ComplianceFacts,
): { readonly inScope: readonly ComplianceCheck[]; readonly outOfScope: ComplianceReport['outOfScope'] } {
  const applies = ({ measures }: ComplianceCheck): boolean =>
    measures === undefined || entry === undefined || measures.some((measure) => entry.measures.includes(measure));
  return {
    inScope: checks.filter(applies),
    outOfScope: checks.filter((check) => !applies(check)).map(({ check }) => check),
  };
}

/** A person's word stands in for what could not be assessed, never for what is not met. */
async function resultOf(
  { check, frameworks = [], reference, assess }: ComplianceCheck,
  facts: ComplianceFacts,
  attestations: readonly Attestation[],
): Promise<CheckResult> {
  const { regulatoryFrameworks } = facts.policy.security;
  const { caveats = [], ...found } = await assess(facts);
  const result: CheckResult = {
    check,
    frameworks: frameworks.filter((name) => regulatoryFrameworks.includes(name)),
    reference,
    ...found,
    caveats,
  };
  const vouched = attestations.findLast((one) => one.check === check && Date.parse(one.expiresAt) > facts.now);
  if (result.status !== 'not_assessed' || vouched === undefined) return result;
  const { attestationId, by, at, statement, expiresAt } = vouched;
  return {
    ...result,
    status: 'attested',
    message: `${by}: ${statement}`,
    evidence: { attestationId, by, at, expiresAt, notAssessed: result.message },
    goodUntil: toIso(Date.parse(expiresAt) - 1),
  };
}
