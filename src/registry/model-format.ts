import type { FileDeclaration } from '../models/file-declaration.js';
import { foreignFormat } from '../models/foreign-format.js';
import type { BundleSource } from '../runtime/bundle.js';
import { refuse } from '../util/check.js';

/** Larger files are not held in memory to be looked into; whoever opens them as a model looks then. */
const mostRead = 64 * 1024 * 1024;

/**
 * Looks into a model's own file where its format can be read here, before anything is stored.
 *
 * @returns what the file says of itself, for formats that do and files of at most 64 MiB
 * @throws MLOpsError `INVALID_INPUT` for a file that is something else, or needs files outside of its folder; `CORRUPT`
 *   for one that is damaged or cut off
 */
export async function checkModelFile(
  sources: readonly BundleSource[],
  modelFile: string,
): Promise<FileDeclaration | undefined> {
  if (!modelFile.endsWith('.onnx')) return undefined;
  const own = sources.find(({ path }) => path === modelFile)!;
  const { bytes, isWhole } = await beginningOf(own);
  if (!isWhole) {
    const foreign = foreignFormat(bytes);
    return foreign === undefined ? undefined : refuse(`${modelFile} is not an ONNX model but ${foreign}`);
  }
  const { readOnnx } = await import('../models/onnx/read-onnx.js');
  const { checkExternalData } = await import('../models/onnx/check-external-data.js');
  const declared = readOnnx(bytes);
  checkExternalData(declared, modelFile, (path) =>
    sources.some((source) => source.path === path) ? Infinity : undefined,
  );
  return { format: 'onnx', ...declared };
}

async function beginningOf({
  open,
  bytes = 0,
}: BundleSource): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  const content = open();
  if (content instanceof Uint8Array) return { bytes: content, isWhole: true };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (Math.max(size, bytes) > mostRead) return { bytes: chunks[0] ?? chunk, isWhole: false };
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), isWhole: true };
}
