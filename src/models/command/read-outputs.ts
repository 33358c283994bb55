import { CommandError, MLOpsError } from '../../errors.js';
import { type AnyModel, type ModelFile, type ModelLoader, closeModel } from '../async-model.js';
import type { TrainingRequest } from '../contract.js';
import { openModel } from '../model-file.js';
import { checkExternalData } from '../onnx/check-external-data.js';
import { readOnnx } from '../onnx/read-onnx.js';
import { checkName } from '../../util/check.js';
import type { WorkFolder } from './work-folder.js';

const metricsFile = 'metrics.json';
/** Most metrics that are taken. */
const maxMetrics = 1000;

interface ReadSettings {
  readonly modelFile: string;
  readonly maxFileBytes: number;
  readonly loaders: readonly ModelLoader[];
}

/** What the program measured itself, by name; undefined when it left no `metrics.json`. @throws CommandError */
export async function readMetrics(
  folder: WorkFolder,
  maxBytes: number,
): Promise<Readonly<Record<string, number>> | undefined> {
  const bytes = await folder.readOutput(metricsFile, maxBytes);
  if (bytes === undefined) return undefined;
  const metrics = parse(bytes);
  const isSound =
    typeof metrics === 'object' && metrics !== null && Object.values(metrics).every((value) => Number.isFinite(value));
  if (!isSound || Array.isArray(metrics)) {
    throw outputError(metricsFile, 'must be a JSON object of names with finite numbers, such as {"mae": 2.1}');
  }
  const names = Object.keys(metrics);
  if (names.length > maxMetrics) {
    throw outputError(metricsFile, `names ${names.length} metrics, at most ${maxMetrics} are taken`);
  }
  for (const name of names) checkMetricName(name);
  return metrics as Readonly<Record<string, number>>;
}

/** The run will hold it as `trainer.…`, where a name that is none would cost the training. @throws CommandError */
function checkMetricName(name: string): void {
  try {
    checkName(name, 'a metric name');
    checkName(`trainer.${name}`, 'trainer. with a metric name');
  } catch (cause) {
    throw outputError(metricsFile, `cannot be used: ${(cause as Error).message}`, cause);
  }
}

/** The model that the program left. @throws CommandError; MLOpsError `MISSING_DEPENDENCY` */
export async function readModel(
  folder: WorkFolder,
  { modelFile, maxFileBytes, loaders }: ReadSettings,
  { task, featureColumns }: TrainingRequest,
): Promise<{ readonly model: AnyModel; readonly warnings: readonly string[] }> {
  const outputs = await folder.outputs();
  const read = async (path: string): Promise<ModelFile> => ({
    path,
    bytes: (await folder.readOutput(path, maxFileBytes))!,
  });
  if (!outputs.includes(modelFile)) {
    throw outputError(modelFile, `is not there; the program left ${outputs.join(', ') || 'nothing'} in output`);
  }
  const own = await read(modelFile);
  const model = await explained(modelFile, async () => {
    const beside = modelFile.endsWith('.onnx') ? weightFiles(own, outputs) : [];
    const files = [own, ...(await Promise.all(beside.map(read)))];
    const opened = await openModel(files, { task, featureColumns }, loaders);
    const unknown = opened.features.filter(({ name }) => !featureColumns.includes(name)).map(({ name }) => name);
    if (opened.task === task && unknown.length === 0) return { opened, used: files.map(({ path }) => path) };
    await closeModel(opened);
    throw unknown.length > 0
      ? outputError(modelFile, `reads ${unknown.join(', ')}, which is none of the features`)
      : outputError(modelFile, `is for ${opened.task}, asked for was ${task}`);
  });
  const unused = outputs.filter((path) => path !== metricsFile && !model.used.includes(path));
  const warnings = unused.length === 0 ? [] : [`outputs that nothing names were left behind: ${unused.join(', ')}`];
  return { model: model.opened, warnings };
}

/** The other files of an ONNX model. */
function weightFiles({ path, bytes }: ModelFile, outputs: readonly string[]): readonly string[] {
  const sizeOf = (name: string) => (outputs.includes(name) ? Infinity : undefined);
  return [...new Set(checkExternalData(readOnnx(bytes), path, sizeOf).values())];
}

async function explained<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof MLOpsError) || cause.code === 'MISSING_DEPENDENCY' || cause instanceof CommandError)
      throw cause;
    throw outputError(file, `cannot be used: ${cause.message}`, cause);
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

const outputError = (name: string, message: string, cause?: unknown): CommandError =>
  new CommandError({ kind: 'output', file: `output/${name}` }, `output/${name} ${message}`, { cause });
