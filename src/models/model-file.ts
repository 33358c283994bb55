import { MLOpsError } from '../errors.js';
import {
  type AnyModel,
  type AsyncModel,
  type ModelDescription,
  type ModelFile,
  type ModelLoader,
  isSynchronous,
} from './async-model.js';
import { loadModel } from './model.js';
import { checkList, refuse } from '../util/check.js';

/** A model's files, the model's own first. */
export const modelFiles = (model: AnyModel): readonly ModelFile[] =>
  isSynchronous(model)
    ? [{ path: 'model.json', bytes: Buffer.from(`${JSON.stringify(model.toJSON())}\n`, 'utf8') }]
    : model.files;

/**
 * The model in the given files, ready to predict.
 *
 * @throws MLOpsError `UNSUPPORTED` for a format that neither the core nor one of the loaders reads, `INVALID_INPUT` or
 *   `CORRUPT` for damaged files
 */
export async function openModel(
  files: readonly ModelFile[],
  about: ModelDescription,
  loaders: readonly ModelLoader[] = [],
): Promise<AnyModel> {
  const { path, bytes } = files[0]!;
  checkList(loaders, 'loaders', 'loaders, such as onnxLoader()');
  const loader = loaders.find(({ ending }) => path.endsWith(ending));
  if (loader !== undefined) return checkOpened(path, await loader.open(files, about));
  if (path.endsWith('.json')) return loadModel(parseJson(bytes, path));
  const hint = path.endsWith('.onnx')
    ? '; pass { loaders: [onnxLoader()] } with onnxLoader from @bondx/mlops/onnx'
    : '';
  throw new MLOpsError('UNSUPPORTED', `${path} is not a format that can be scored here${hint}`);
}

/** What a loader of somebody's own gives back is input. */
function checkOpened(path: string, opened: Partial<AnyModel> | null | undefined): AnyModel {
  if (typeof opened?.predictBatch === 'function') {
    const model = opened as AnyModel;
    if (isSynchronous(model) || typeof (model as Partial<AsyncModel>).close === 'function') return model;
  }
  return refuse(`the loader of ${path} gave no model: open resolves with one that has predictBatch and close`);
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch (cause) {
    throw new MLOpsError('INVALID_INPUT', `${path} is not JSON; register the file your trainer wrote`, { cause });
  }
}
