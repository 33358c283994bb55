import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import { createProfile } from '../../data/baseline-profile.js';
import type { DriftReport } from '../../drift/drift-report.js';
import { listComplianceReports } from '../../compliance/list-reports.js';
import { ModelInventory } from '../../compliance/inventory/model-inventory.js';
import { DriftMonitor } from '../../drift/drift-monitor.js';
import { MLOpsError } from '../../errors.js';
import type { InventoryEntry } from '../../registry/inventory/inventory-entry.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { renderCanaryReport } from '../../report/canary/render-canary-report.js';
import { renderComplianceReport } from '../../report/compliance/render-compliance-report.js';
import { renderDriftReport } from '../../report/drift/render-drift-report.js';
import { cardFacts } from '../../report/model/card-facts.js';
import { renderModelCard } from '../../report/model/render-model-card.js';
import { metricHistories } from '../../report/runs/metric-histories.js';
import { renderRunComparison } from '../../report/runs/render-run-comparison.js';
import { ExperimentTracker } from '../../tracking/experiment-tracker.js';
import { refuse } from '../../util/check.js';
import { replaceFile } from '../../util/on-file.js';
import { exitCode } from '../exit-code.js';
import { openInBrowser } from '../open-in-browser.js';
import { contextOf } from '../../runtime/context.js';
import { dataBoundary } from '../../runtime/protection.js';
import { latestCanary } from '../latest-canary.js';
import type { Session } from '../session.js';

/** Where a report goes. */
export interface ReportOptions {
  readonly to: string;
  readonly open?: boolean;
}

interface DriftOptions extends ReportOptions {
  readonly model?: string;
  readonly report?: string;
  readonly baseline?: string;
  readonly current?: string;
}

/** A drift report; with the data that it was about, how their values are spread. */
export async function drift(session: Session, options: DriftOptions): Promise<number> {
  await using monitor = new DriftMonitor(session.config, session.who);
  const { baseline, current } = options;
  if ((baseline === undefined) !== (current === undefined)) refuse('--baseline and --current go together');
  const report = await findReport(monitor, options);
  const { signal } = session;
  const boundary = dataBoundary(contextOf(monitor));
  const profiles =
    baseline === undefined || current === undefined
      ? {}
      : {
          baselineProfile: await boundary.profile(await createProfile(baseline, { signal })),
          currentProfile: await boundary.profile(await createProfile(current, { signal })),
        };
  return await write(session, options, await renderDriftReport(report, profiles));
}

async function findReport(monitor: DriftMonitor, { report, model: modelName }: DriftOptions): Promise<DriftReport> {
  if (report !== undefined) return await monitor.getReport(report);
  if (modelName === undefined) refuse('say which: --model NAME for the latest report, or --report ID');
  const { reports } = await monitor.listReports({ modelName, limit: 1 });
  const [latest] = reports;
  if (latest === undefined)
    throw new MLOpsError('NOT_FOUND', `${modelName} has no drift report; bondx-mlops drift-check makes one`);
  return latest;
}

interface CanaryOptions extends ReportOptions {
  readonly model: string;
  readonly deployment?: string;
}

/** In a report, the newest; each has some 20 kB. */
const mostDecisions = 1_000;

export async function canary(session: Session, options: CanaryOptions): Promise<number> {
  await using registry = new ModelRegistry(session.config, session.who);
  await using manager = new CanaryDeploymentManager(session.config, registry, session.who);
  const deploymentId = options.deployment ?? (await latestCanary(manager, options.model))?.deploymentId;
  if (deploymentId === undefined)
    throw new MLOpsError('NOT_FOUND', `${options.model} has had no canary; bondx-mlops deploy begins one`);
  const deployment = await manager.getDeployment(deploymentId);
  const newest = await manager.listDecisions(deploymentId, { limit: mostDecisions + 1 });
  const isSampled = newest.length > mostDecisions;
  const decisions = newest.slice(-mostDecisions);
  return await write(session, options, await renderCanaryReport({ deployment, decisions, isSampled }));
}

interface ComplianceOptions extends ReportOptions {
  readonly model: string;
  readonly version?: string;
  readonly report?: string;
}

export async function compliance(session: Session, options: ComplianceOptions): Promise<number> {
  const { model: modelName, version, report: reportId } = options;
  await using registry = new ModelRegistry(session.config, session.who);
  const reports = await listComplianceReports(registry, { modelName, ...(version !== undefined && { version }) });
  const report = reports.findLast((one) => reportId === undefined || one.reportId === reportId);
  if (report === undefined) {
    const what = [modelName, version].filter((part) => part !== undefined).join(' ');
    throw new MLOpsError(
      'NOT_FOUND',
      reportId === undefined
        ? `${what} has not been assessed; bondx-mlops compliance assess makes a report`
        : `${what} has no compliance report ${reportId}; without --report it is the latest`,
    );
  }
  const inventory = new ModelInventory(registry);
  const entry = await findEntry(inventory, modelName);
  const page = renderComplianceReport({
    report,
    ...(entry !== undefined && { entry }),
    findings: await inventory.findings.list({ modelName }),
    overlays: await inventory.overlays.list({ modelName }),
    asOf: new Date().toISOString(),
  });
  return await write(session, options, page);
}

async function findEntry(inventory: ModelInventory, modelName: string): Promise<InventoryEntry | undefined> {
  try {
    return await inventory.get(modelName);
  } catch (error) {
    if (error instanceof MLOpsError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

interface ModelOptions extends ReportOptions {
  readonly model: string;
  readonly version?: string;
}

export async function model(session: Session, options: ModelOptions): Promise<number> {
  await using registry = new ModelRegistry(session.config, session.who);
  const selector = options.version === undefined ? ({ stage: 'production' } as const) : { version: options.version };
  return await write(session, options, await renderModelCard(await cardFacts(registry, options.model, selector)));
}

export async function runs(session: Session, runIds: readonly string[], options: ReportOptions): Promise<number> {
  await using tracker = new ExperimentTracker(session.config, session.who);
  const comparison = await tracker.compareRuns(runIds);
  const histories = await metricHistories(tracker, comparison);
  return await write(session, options, await renderRunComparison(comparison, { histories }));
}

/** The file appears when all of it is written. */
async function write({ output }: Session, { to, open = false }: ReportOptions, page: string): Promise<number> {
  const path = resolve(to);
  await replaceFile(path, (partial) => writeFile(partial, page));
  const bytes = Buffer.byteLength(page);
  output.result({ path, bytes }, `${path} (${Math.ceil(bytes / 1000)} kB)`);
  if (open) openInBrowser(path, (message) => output.note(message));
  return exitCode.ok;
}
