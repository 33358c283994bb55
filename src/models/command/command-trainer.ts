import { MLOpsError } from '../../errors.js';
import { checkName, checkOneOf, checkOptions, checkRelativePath, refuse } from '../../util/check.js';
import type { JsonObject } from '../../util/json.js';
import { randomInt } from '../../util/random.js';
import type { AnyModel, ModelLoader } from '../async-model.js';
import type { Trainer, TrainingRequest, TrainingResult } from '../contract.js';
import { describeEnd } from './describe-end.js';
import { type DataFormat, WorkFolder, dataFormats } from './work-folder.js';

/** How the program of a {@link commandTrainer} is run, and what it may take. */
export interface CommandTrainerOptions {
  /** What calls and policies name it by; `command` unless told. */
  readonly algorithm?: string;
  /** Absolute path, or a name that is looked for in `PATH`. It is run as it is, without a shell. */
  readonly program: string;
  /** Given to the program as they are; the path of its folder follows as the last one. */
  readonly arguments?: readonly string[];
  /** Folder it is run in; the present one unless told. */
  readonly workingFolder?: string;
  /** `csv` unless told. */
  readonly dataFormat?: DataFormat;
  /** The model among the outputs; `model.onnx` unless told. */
  readonly modelFile?: string;
  /** Variables of this process that the program gets; `PATH`, `LANG`, `LC_ALL`, `TZ` and `TMPDIR` unless told. */
  readonly environmentVariables?: readonly string[];
  /** Milliseconds; an hour unless told. */
  readonly timeLimitMs?: number;
  /** Memory of all its processes together, bytes, looked at five times a second; Linux only. None unless told. */
  readonly memoryLimitBytes?: number | null;
  /** Largest file taken from it, bytes; 100 MiB unless told. */
  readonly maxFileBytes?: number;
  /** For models in formats that the core does not read, such as `onnxLoader()` of `@bondx/mlops/onnx`. */
  readonly loaders?: readonly ModelLoader[];
}

type Settings = Required<CommandTrainerOptions>;

const defaults = {
  algorithm: 'command',
  arguments: [],
  workingFolder: '.',
  dataFormat: 'csv',
  modelFile: 'model.onnx',
  environmentVariables: ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'],
  timeLimitMs: 3_600_000,
  memoryLimitBytes: null,
  maxFileBytes: 100 * 1024 * 1024,
  loaders: [],
} as const satisfies Omit<Settings, 'program'>;

/**
 * A trainer that runs a program of yours: a Python script, say. It is run as `program ...arguments FOLDER` and finds in
 * the folder `parameters.json` (task, columns and their kinds, hyperparameters, seed, names of the files) and the rows to
 * learn from; it leaves the model in `output/`, and beside it `metrics.json` if it likes: names with numbers. A line
 * `progress 0.4` on its standard output says how far it is. What it prints is kept as `training.log`, beginning and end.
 *
 * Training ends with a {@link CommandError} when the program does not start, ends with another exit code than 0, is
 * beyond a limit, or leaves no model that can be read.
 *
 * @throws MLOpsError `INVALID_INPUT`; `UNSUPPORTED` on Windows, and for a memory limit elsewhere than on Linux
 */
export function commandTrainer(options: CommandTrainerOptions): Trainer<AnyModel> {
  const settings = checkSettings(options);
  return { algorithm: settings.algorithm, isCostly: true, train: (request) => train(settings, request) };
}

function checkSettings(options: CommandTrainerOptions): Settings {
  checkOptions(options, ['program', ...Object.keys(defaults)], 'commandTrainer');
  const settings = { ...defaults, ...options };
  checkName(settings.program, 'program');
  checkName(settings.algorithm, 'algorithm');
  checkOneOf(settings.dataFormat, dataFormats, 'dataFormat');
  checkRelativePath(settings.modelFile, 'modelFile');
  const { timeLimitMs, memoryLimitBytes, maxFileBytes } = settings;
  for (const [name, value] of Object.entries({ timeLimitMs, memoryLimitBytes, maxFileBytes })) {
    if (value !== null && !(value > 0)) refuse(`${name} must be above 0, got ${value}`);
  }
  if (process.platform === 'win32') throw new MLOpsError('UNSUPPORTED', 'trainer programs are not run on Windows');
  if (memoryLimitBytes !== null && process.platform !== 'linux') {
    throw new MLOpsError('UNSUPPORTED', 'the memory of a program is measured on Linux only; leave the limit out');
  }
  return settings;
}

async function train(settings: Settings, request: TrainingRequest): Promise<TrainingResult<AnyModel>> {
  const folder = await WorkFolder.create();
  try {
    await folder.writeParameters(await writeInputs(folder, settings, request));
    const { runProgram } = await import('./run-program.js'); // loads child_process
    const { readMetrics, readModel } = await import('./read-outputs.js');
    const { end, log } = await runProgram({
      ...settings,
      arguments: [...settings.arguments, folder.path],
      environment: allowedEnvironment(settings.environmentVariables),
      signal: request.signal,
      onLine: (line) => reportProgress(line, request),
    });
    await request.keepFile?.('training.log', log.content);
    if (end.kind !== 'exit' || end.exitCode !== 0) throw describeEnd(end, settings, log.lastLines(12));
    const metrics = await readMetrics(folder, settings.maxFileBytes);
    const { model, warnings } = await readModel(folder, settings, request);
    return { model, warnings, ...(metrics !== undefined && { metrics }) };
  } finally {
    await folder.remove();
  }
}

/** Writes the rows, and returns what the program is to know about them. */
async function writeInputs(folder: WorkFolder, settings: Settings, request: TrainingRequest): Promise<JsonObject> {
  const { table, validation, featureColumns, targetColumn, task, hyperparameters, random } = request;
  const { monotoneConstraints = {}, categoryOrder = {} } = request;
  const columns = [...featureColumns, targetColumn];
  const write = (name: string, rows: typeof table) =>
    folder.writeTable(name, rows.select(columns), settings.dataFormat);
  return {
    version: 1,
    task,
    targetColumn,
    featureColumns: [...featureColumns],
    columns: Object.fromEntries(columns.map((name) => [name, table.column(name).kind])),
    hyperparameters,
    monotoneConstraints: { ...monotoneConstraints },
    categoryOrder: Object.fromEntries(Object.entries(categoryOrder).map(([name, order]) => [name, [...order]])),
    seed: randomInt(random.split('command'), 2 ** 31),
    train: await write('train', table),
    validation: validation === undefined ? null : await write('validation', validation),
    model: `output/${settings.modelFile}`,
    metrics: 'output/metrics.json',
  };
}

function allowedEnvironment(names: readonly string[]): Record<string, string> {
  const given = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

function reportProgress(line: string, { onProgress }: TrainingRequest): void {
  const [, share] = /^progress (0(?:\.\d+)?|1(?:\.0+)?)$/.exec(line) ?? [];
  if (share !== undefined) onProgress?.(Number(share));
}
