import {
  type CanaryDecision,
  type StoredDeployment,
  decisionsCollection,
  deploymentsCollection,
  storedDeployment,
} from '../canary/deployment.js';
import { verifyAuditTrail } from '../governance/audit/verify-stored-log.js';
import { type StoredApproval, approvalsCollection } from '../registry/approvals/approval.js';
import { type StoredFinding, findingsCollection } from '../registry/inventory/finding.js';
import { findEntry, inventoryCollection } from '../registry/inventory/inventory-entry.js';
import { readHistory } from '../registry/lookups.js';
import { type StoredModel, modelsCollection } from '../registry/model-record.js';
import { loadModelRecord, loadVersion } from '../registry/stage-change.js';
import { type StoredRetraining, retrainingsCollection } from '../retraining/retraining-record.js';
import type { Context } from '../runtime/context.js';
import type { Storage } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';
import type { ComplianceFacts, DecisionFacts } from './checks/facts.js';
import type { ComplianceInputs } from './checks/inputs.js';
import { type AnnualReport, annualReportsCollection } from './inventory/annual-reports.js';
import { type HaltDrill, drillsCollection } from './inventory/halt-drills.js';
import { type Overlay, overlaysCollection } from './inventory/overlays.js';
import { type Override, overridesCollection } from './inventory/overrides.js';
import { listItems } from './inventory/stored-items.js';
import { traceableShare } from './traceable-share.js';

/** Reads all that checks of a version look at. */
export async function gatherFacts(
  { config, clock }: Context,
  storage: Storage,
  modelName: string,
  versionNumber: string,
  inputs: ComplianceInputs,
): Promise<ComplianceFacts> {
  const { value: version } = await loadVersion(storage, modelName, versionNumber);
  const { value: model } = await loadModelRecord(storage, modelName);
  const history = await readHistory(storage, modelName);
  const approvals = await listItems<StoredApproval>(storage, approvalsCollection, modelName);
  const deployments = (await listItems<JsonValue>(storage, deploymentsCollection, modelName)).map(storedDeployment);
  const own = deployments.filter(({ candidateVersion }) => candidateVersion === versionNumber);
  return {
    policy: config.policy,
    now: clock.now(),
    inputs,
    model,
    version,
    history,
    approvals: approvals.filter((request) => request.version === versionNumber),
    retraining: await findRetraining(storage, version.origin?.retrainingId),
    deployments: own,
    decisions: await decisionsOn(storage, own, factsOf),
    entry: (await findEntry(storage, modelName))?.value,
    findings: await listItems<StoredFinding>(storage, findingsCollection, modelName),
    overlays: await listItems<Overlay>(storage, overlaysCollection, modelName),
    overrides: await listItems<Override>(storage, overridesCollection, modelName),
    reports: await listItems<AnnualReport>(storage, annualReportsCollection, modelName),
    drills: await listItems<HaltDrill>(storage, drillsCollection, modelName),
    orphans: await orphanModels(storage),
    traceable: await traceableShare(storage, modelName, history),
    audit: await verifyAuditTrail(storage),
  };
}

/** Models that serve and are not in the inventory. */
export async function orphanModels(storage: Storage): Promise<readonly string[]> {
  const known = new Set((await listItems<StoredModel>(storage, inventoryCollection)).map((entry) => entry.modelName));
  const models = await listItems<StoredModel>(storage, modelsCollection);
  return models
    .filter(({ production, canary }) => production !== null || canary !== null)
    .map(({ modelName }) => modelName)
    .filter((modelName) => !known.has(modelName));
}

const noLimits = { maxPredictions: null, maxValue: null, maxErrors: null };

const factsOf = ({ decisionId, verdict, productionVersion, decidedAt, inputs }: CanaryDecision): DecisionFacts => ({
  ...{ decisionId, verdict, productionVersion, decidedAt },
  limits: (inputs as Partial<CanaryDecision['inputs']>).limits ?? noLimits, // version 0.1.0 had none
});

/** What is wanted of every decision on some deployments, oldest first. */
export async function decisionsOn<T>(
  storage: Storage,
  deployments: readonly StoredDeployment[],
  take: (decision: CanaryDecision) => T,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (const { deploymentId } of deployments) {
    for (let cursor: string | undefined; ;) {
      const page = await storage.query(decisionsCollection, {
        where: { field: 'deploymentId', op: 'eq', value: deploymentId },
        orderBy: [{ field: 'decidedAt', direction: 'asc' }],
        ...(cursor !== undefined && { cursor }),
      });
      found.push(...page.records.map(({ value }) => take(value as unknown as CanaryDecision)));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
  }
  return found;
}

async function findRetraining(storage: Storage, id: string | undefined): Promise<StoredRetraining | undefined> {
  const record = id === undefined ? undefined : await storage.get(retrainingsCollection, id);
  return record?.value as unknown as StoredRetraining | undefined;
}
