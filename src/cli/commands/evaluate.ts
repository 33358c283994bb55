import { readCsv } from '../../data/csv.js';
import { metricsOf, numericTarget } from '../../models/metrics/metrics-of.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { closeModel } from '../../models/async-model.js';
import { contextOf } from '../../runtime/context.js';
import { dataBoundary } from '../../runtime/protection.js';
import { refuse } from '../../util/check.js';
import { exitCode } from '../exit-code.js';
import { formatMetrics } from '../output.js';
import { modelLoaders } from '../loaders.js';
import type { Session } from '../session.js';

export interface EvaluateOptions {
  readonly model: string;
  readonly version: string;
  readonly testData: string;
}

export async function evaluate({ config, output, signal, who }: Session, options: EvaluateOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const selector = { version: options.version };
  const { targetColumn } = await registry.getModelVersion(options.model, selector);
  if (targetColumn === undefined) refuse(`${options.model} ${options.version} was registered without a target column`);
  const model = await registry.openModel(options.model, selector, await modelLoaders());
  const read = await readCsv(options.testData, { signal });
  const data = await dataBoundary(contextOf(registry)).table(read); // the model learned from what replaced the values
  for (const { name } of model.features) data.column(name);
  const metrics = metricsOf(model.task, numericTarget(data, targetColumn), await model.predictBatch(data));
  await closeModel(model);
  output.result(
    { model: options.model, version: options.version, rows: data.rowCount, dataDigest: data.digest(), metrics },
    `${options.model} ${options.version} on ${data.rowCount} rows\n${formatMetrics(metrics)}`,
  );
  return exitCode.ok;
}
