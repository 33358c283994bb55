import { DriftMonitor } from '../../drift/drift-monitor.js';
import { MLOpsError } from '../../errors.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { refuse } from '../../util/check.js';
import { describeDrift } from '../describe-drift.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

export interface ShowOptions {
  readonly model?: string;
  readonly version?: string;
  readonly report?: string;
}

export async function show(session: Session, options: ShowOptions): Promise<number> {
  const { model, version, report } = options;
  if ((model === undefined) === (report === undefined)) refuse('show needs one of --model and --report');
  if (report !== undefined) await showReport(session, report);
  else await showVersion(session, model!, version);
  return exitCode.ok;
}

async function showReport({ config, output, who }: Session, reportId: string): Promise<void> {
  await using monitor = new DriftMonitor(config, who);
  const report = await monitor.getReport(reportId);
  output.result(report, describeDrift(report));
}

async function showVersion(
  { config, output, who }: Session,
  modelName: string,
  wanted: string | undefined,
): Promise<void> {
  await using registry = new ModelRegistry(config, who);
  const version = wanted ?? (await currentVersion(registry, modelName));
  output.result(
    await registry.getModelVersion(modelName, { version }),
    await registry.getModelCard(modelName, { version }),
  );
}

/** The version in production, else the newest. */
async function currentVersion(registry: ModelRegistry, modelName: string): Promise<string> {
  for (const stage of ['production', undefined] as const) {
    const { versions } = await registry.listModels({ modelName, limit: 1, ...(stage !== undefined && { stage }) });
    if (versions[0] !== undefined) return versions[0].version;
  }
  throw new MLOpsError('NOT_FOUND', `there is no model ${modelName}; bondx-mlops list shows what there is`);
}
