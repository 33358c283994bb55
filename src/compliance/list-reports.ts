import { ControlPlane } from '../governance/control-plane.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import { checkVersion } from '../registry/version-number.js';
import { contextOf } from '../runtime/context.js';
import { checkName, checkOptions } from '../util/check.js';
import { deepFreeze } from '../util/freeze.js';
import { type ComplianceReport, complianceReportsCollection } from './compliance-report.js';
import { listItems } from './inventory/stored-items.js';

/** Assessments that {@link assessCompliance} stored of a model, or of one version, oldest first. */
export async function listComplianceReports(
  registry: ModelRegistry,
  options: { readonly modelName: string; readonly version?: string },
): Promise<readonly ComplianceReport[]> {
  checkOptions(options, ['modelName', 'version'], 'listComplianceReports');
  const modelName = checkName(options.modelName, 'modelName');
  const version = options.version === undefined ? undefined : checkVersion(options.version);
  return new ControlPlane(contextOf(registry)).access('compliance.read', { model: modelName }, async (storage) => {
    const stored = await listItems<ComplianceReport>(storage, complianceReportsCollection, modelName);
    return deepFreeze(stored.filter((report) => version === undefined || report.version === version));
  });
}
