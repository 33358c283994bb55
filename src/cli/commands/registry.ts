import { stat } from 'node:fs/promises';
import { ModelRegistry } from '../../registry/model-registry.js';
import type { PromotionResult } from '../../registry/registry-options.js';
import { parseStage } from '../../registry/stage.js';
import { exitCode } from '../exit-code.js';
import { inCommands } from '../in-commands.js';
import { readModelMetadata, readModelProfile } from '../model-files.js';
import type { Session } from '../session.js';

export interface RegisterOptions {
  readonly model: string;
  readonly version?: string;
  readonly path: string;
  readonly type?: string;
  readonly user?: string;
}

export async function register({ config, output, who }: Session, options: RegisterOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const isFolder = (await stat(options.path).catch(() => undefined))?.isDirectory() ?? false;
  const metadata = isFolder ? await readModelMetadata(options.path) : {};
  const baselineProfile = isFolder ? await readModelProfile(options.path) : undefined;
  const modelType = options.type ?? metadata.modelType ?? options.model;
  const policy = config.modelPolicy(modelType);
  const version = await registry.register({
    ...metadata,
    modelName: options.model,
    modelType,
    featureColumns: metadata.featureColumns ?? policy.featureColumns,
    ...(metadata.targetColumn === undefined && policy.targetColumn !== null && { targetColumn: policy.targetColumn }),
    ...(baselineProfile !== undefined && { baselineProfile }),
    modelPath: options.path,
    ...(options.version !== undefined && { version: options.version }),
    ...(options.user !== undefined && { registeredBy: options.user }),
  });
  output.result(
    version,
    `registered ${version.modelName} ${version.version} in ${version.stage}, digest ${version.digest}`,
  );
  return exitCode.ok;
}

export interface PromoteOptions {
  readonly model: string;
  readonly version: string;
  readonly stage: string;
  readonly reason?: string;
  readonly user?: string;
}

export async function promote({ config, output, who }: Session, options: PromoteOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const result = await registry.promoteModel({
    modelName: options.model,
    version: options.version,
    targetStage: parseStage(options.stage, '--stage'),
    ...(options.user !== undefined && { deployedBy: options.user }),
    ...(options.reason !== undefined && { reason: options.reason }),
  });
  return reportPromotion(output, result);
}

/** What became of a promotion; exit code 3 when it was refused. */
export function reportPromotion(output: Session['output'], result: PromotionResult): number {
  if (result.status === 'refused') {
    const failures = result.failures
      .map(({ gate, status, message }) => `  ${gate} (${status}): ${inCommands(message)}`)
      .join('\n');
    output.result(result, `refused: ${result.modelName} ${result.version} did not pass\n${failures}`);
    return exitCode.found;
  }
  const archived = result.archivedVersion === undefined ? '' : `; ${result.archivedVersion} is archived`;
  output.result(result, `${result.modelName} ${result.version}: ${result.from} → ${result.to}${archived}`);
  return exitCode.ok;
}

export interface RollbackOptions {
  readonly model: string;
  readonly version?: string;
  readonly reason?: string;
  readonly user?: string;
}

export async function rollback({ config, output, who }: Session, options: RollbackOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const restored = await registry.rollbackModel({
    modelName: options.model,
    ...(options.version !== undefined && { version: options.version }),
    ...(options.user !== undefined && { deployedBy: options.user }),
    ...(options.reason !== undefined && { reason: options.reason }),
  });
  output.result(restored, `${restored.modelName} ${restored.version} is back in production`);
  return exitCode.ok;
}
