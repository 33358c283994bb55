import type { AsyncModel, ModelDescription, ModelFile, ModelLoader } from '../../models/async-model.js';
import { checkExternalData } from '../../models/onnx/check-external-data.js';
import { readOnnx } from '../../models/onnx/read-onnx.js';
import { checkOptions, checkText, refuse } from '../../util/check.js';
import { planInputs } from './input-plan.js';
import { OnnxModel } from './onnx-model.js';
import { planOutput } from './output-plan.js';
import { loadRuntime, openSession } from './runtime.js';

/** How {@link onnxLoader} runs models. */
export interface OnnxLoaderOptions {
  /** Which output is the prediction; the only one in floating point unless told. */
  readonly output?: string;
  /** What a missing text is passed as: whatever stood for it in training. Empty unless told. */
  readonly missingText?: string;
  /** Threads of the runtime a prediction is computed by; 1 unless told. */
  readonly threads?: number;
}

/** Operators that ONNX Runtime brings along. Others would be native code of somebody's own. */
const knownDomains = ['ai.onnx', 'ai.onnx.ml', 'com.microsoft'];

/**
 * Opens ONNX models, for `registry.openModel`, `RetrainPipeline` and canaries. A model takes one input a feature column,
 * of the same name, or one input for all of them in the order of the registration. Missing numbers are passed as NaN.
 *
 * Everything the file says of itself is checked before the runtime sees it.
 *
 * @example
 * const model = await registry.openModel('spread', { stage: 'production' }, [onnxLoader()]);
 */
export function onnxLoader(options: OnnxLoaderOptions = {}): ModelLoader {
  checkOptions(options, ['output', 'missingText', 'threads'], 'onnxLoader');
  const { threads = 1, missingText = '' } = options;
  checkText(missingText, 'missingText');
  if (!Number.isInteger(threads) || threads < 1) refuse(`threads must be a whole number from 1, got ${threads}`);
  return { ending: '.onnx', open: (files, about) => openOnnx(files, about, { ...options, threads }) };
}

async function openOnnx(
  files: readonly ModelFile[],
  about: ModelDescription,
  { output, missingText = '', threads }: OnnxLoaderOptions & { readonly threads: number },
): Promise<AsyncModel> {
  const { path, bytes } = files[0]!;
  const signature = readOnnx(bytes);
  const bytesOf = new Map(files.map((file) => [file.path, file.bytes]));
  const external = checkExternalData(signature, path, (name) => bytesOf.get(name)?.length);
  const unknown = signature.domains.filter((domain) => !knownDomains.includes(domain));
  if (unknown.length > 0) {
    refuse(
      `the ONNX model uses operators of ${unknown.join(', ')}, which need a native library of their own; none is loaded`,
    );
  }
  const inputs = planInputs(signature, about.featureColumns, missingText);
  const planned = planOutput(signature, about.task, output);
  const externalData = [...external].map(([location, name]) => ({ path: location, data: bytesOf.get(name)! }));
  const session = await openSession(bytes, { intraOpNumThreads: threads, externalData });
  return new OnnxModel(signature.irVersion, files, inputs, planned, session, await loadRuntime());
}
