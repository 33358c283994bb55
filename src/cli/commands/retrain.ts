import { readCsv } from '../../data/csv.js';
import { DriftMonitor } from '../../drift/drift-monitor.js';
import { MLOpsError } from '../../errors.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { RetrainPipeline } from '../../retraining/retrain-pipeline.js';
import type { ManagedModel } from '../../retraining/due/run-due.js';
import type { RetrainResult } from '../../retraining/retrain-result.js';
import { ExperimentTracker } from '../../tracking/experiment-tracker.js';
import { refuse } from '../../util/check.js';
import { exitCode } from '../exit-code.js';
import { inCommands } from '../in-commands.js';
import { modelLoaders } from '../loaders.js';
import { formatMetrics } from '../output.js';
import type { Session } from '../session.js';

export interface RetrainOptions {
  readonly model?: string;
  readonly data?: string;
  readonly type?: string;
  readonly report?: string;
  readonly key?: string;
  readonly due?: boolean;
  readonly algorithm?: string;
  readonly resume?: string;
}

export async function retrain({ config, output, signal, who }: Session, options: RetrainOptions): Promise<number> {
  if (options.due === true && (options.report ?? options.key ?? options.resume) !== undefined)
    refuse('--due looks itself what is due; leave out --report, --key and --resume');
  await using tracker = new ExperimentTracker(config, who);
  await using registry = new ModelRegistry(config, who);
  await using monitor = new DriftMonitor(config, who);
  const pipeline = new RetrainPipeline(config, tracker, registry, { loaders: await modelLoaders() });
  using progress = output.progress();
  const work = { signal, onProgress: (share: number, step: string) => progress.update(share, step) };
  const begin = async (): Promise<RetrainResult> => {
    if (options.resume !== undefined) return pipeline.resume(options.resume, work);
    const { model, data } = options;
    if (model === undefined || data === undefined) return refuse('retrain needs --model and --data, or --resume');
    const chosen = {
      ...(options.type !== undefined && { modelType: options.type }),
      ...(options.algorithm !== undefined && { algorithm: options.algorithm }),
    };
    if (options.due === true)
      return runDue(pipeline, { ...chosen, modelName: model, trainingData: () => readCsv(data, { signal }) }, work);
    const report = options.report === undefined ? undefined : await monitor.getReport(options.report);
    return pipeline.triggerRetraining(report ?? { modelName: model }, () => readCsv(data, { signal }), {
      ...work,
      trigger: report === undefined ? 'manual' : 'drift',
      ...chosen,
      ...(options.key !== undefined && { idempotencyKey: options.key }),
    });
  };
  const result = await begin();
  progress.end();
  output.result(result, describe(result));
  return result.status === 'rejected' ? exitCode.found : exitCode.ok;
}

/** One look at what is due for one model. */
async function runDue(
  pipeline: RetrainPipeline,
  model: ManagedModel,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (share: number, step: string) => void },
): Promise<RetrainResult> {
  const [outcome] = await pipeline.runDue({
    models: [model],
    signal,
    onProgress: (_modelName, share, step) => onProgress(share, step),
  });
  const { result, error, reason } = outcome!;
  if (error !== undefined) throw new MLOpsError(error.code, `${reason}: ${error.message}`);
  if (result !== undefined) return result;
  return {
    status: 'skipped',
    success: false,
    newModelVersion: null,
    trainingTimeSeconds: 0,
    skipped: 'not_required',
    reason,
  };
}

function describe(result: RetrainResult): string {
  const { status, reason, findings = [], challenge, gates = [], retrainingId } = result;
  return [
    `${status}${result.success ? ` ${result.newModelVersion}` : ''}: ${reason}`,
    ...findings.map(({ severity, message }) => `  ${severity}: ${message}`),
    ...(challenge === undefined ? [] : [`challenger: ${formatMetrics(challenge.challengerMetrics)}`]),
    ...(challenge?.championMetrics === undefined ? [] : [`production: ${formatMetrics(challenge.championMetrics)}`]),
    ...gates.filter((gate) => gate.status !== 'passed').map(({ gate, message }) => `  ${gate}: ${inCommands(message)}`),
    ...(retrainingId === undefined ? [] : [`retraining ${retrainingId}`]),
  ].join('\n');
}
