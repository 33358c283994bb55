import { posix } from 'node:path';
import { MLOpsError } from '../../errors.js';
import { checkRelativePath, refuse } from '../../util/check.js';
import type { ExternalData, OnnxSignature } from './onnx-signature.js';

/**
 * The files a model's weights lie in: none may lead out of the model's own folder, and each must be in the bundle.
 *
 * @param modelPath of the model in the bundle
 * @param sizeOf bytes of a file of the bundle, `Infinity` where that is not known yet; undefined where there is none
 * @returns their paths in the bundle by the location that the model gives
 * @throws MLOpsError `INVALID_INPUT`
 */
export function checkExternalData(
  { externalData }: OnnxSignature,
  modelPath: string,
  sizeOf: (path: string) => number | undefined,
): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const data of externalData) {
    const path = posix.join(posix.dirname(modelPath), inside(data));
    checkPlace(data, sizeOf(path));
    paths.set(data.location, path);
  }
  return paths;
}

/** A location that stays in the model's folder. */
function inside(data: ExternalData): string {
  try {
    return checkRelativePath(data.location, 'location');
  } catch (cause) {
    const message = `${describe(data)}, which is no file inside of the model's folder; a model may read no others: export it with its weights beside it`;
    throw new MLOpsError('INVALID_INPUT', message, { cause });
  }
}

function checkPlace(data: ExternalData, size: number | undefined): void {
  const { offset, length } = data;
  if (size === undefined) refuse(`${describe(data)}, which is not there; register the folder that holds both files`);
  const isSensible = [offset, length ?? 0].every((bytes) => Number.isSafeInteger(bytes) && bytes >= 0);
  if (!isSensible) refuse(`${describe(data)}, at no sensible place; export the model again`);
  const end = offset + (length ?? 0);
  if (end > size) refuse(`${describe(data)} up to byte ${end}, and it has ${size}; copy the whole file again`);
}

const describe = ({ tensor, location }: ExternalData): string =>
  `the weights ${JSON.stringify(tensor.slice(0, 80))} of the ONNX model lie in ${JSON.stringify(location.slice(0, 200))}`;
