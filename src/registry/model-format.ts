import type { FileDeclaration } from '../models/file-declaration.js';
import { checkExternalData } from '../models/onnx/check-external-data.js';
import { readOnnx } from '../models/onnx/read-onnx.js';
import type { BundleSource } from '../runtime/bundle.js';
import { refuse } from '../util/check.js';

/**
 * Looks into a model's own file where its format can be read here, before anything is stored.
 *
 * @returns what the file says of itself, for formats that do
 * @throws MLOpsError `INVALID_INPUT` for a file that is something else, or needs files outside of its folder; `CORRUPT`
 *   for one that is damaged or cut off
 */
export async function checkModelFile(
  sources: readonly BundleSource[],
  modelFile: string,
  maxBytes: number,
): Promise<FileDeclaration | undefined> {
  if (!modelFile.endsWith('.onnx')) return undefined;
  const own = sources.find(({ path }) => path === modelFile)!;
  const declared = readOnnx(await contentOf(own, maxBytes));
  checkExternalData(declared, modelFile, (path) =>
    sources.some((source) => source.path === path) ? Infinity : undefined,
  );
  return { format: 'onnx', ...declared };
}

async function contentOf({ path, open }: BundleSource, maxBytes: number): Promise<Uint8Array> {
  const content = open();
  if (content instanceof Uint8Array) return content;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > maxBytes) refuse(`${path} has more than ${maxBytes} bytes; raise tracking.max_artifact_size_mb`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
