import { MLOpsError } from '../errors.js';
import type { AnyModel, ModelFile } from '../models/async-model.js';
import { openModel } from '../models/model-file.js';
import type { Task } from '../models/model.js';
import { readStored } from '../runtime/bundle.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import { checkName, checkOneOf, checkOptions, refuse } from '../util/check.js';
import type { StoredVersion } from './model-record.js';
import { type ModelSignature, signatureOf } from './signature.js';

/** Larger model files are not read at registration only to learn what they take. */
const maxBytes = 64 * 1024 * 1024;

/**
 * What a version takes and gives: as said, or as the model itself says it.
 *
 * @returns null when the model is of a format that the core does not read, and nothing was said
 */
export async function registeredSignature(
  artifacts: ArtifactStore,
  { files, modelFile }: Pick<StoredVersion, 'files' | 'modelFile'>,
  said: {
    readonly signature?: ModelSignature;
    readonly model?: AnyModel;
    /** The files that were just stored, where they came as bytes: they need not be read again. */
    readonly modelFiles?: readonly ModelFile[];
  },
  about: { readonly task: Task; readonly featureColumns: readonly string[]; readonly targetColumn: string | null },
): Promise<ModelSignature | null> {
  if (said.signature !== undefined) return said.signature;
  if (said.model !== undefined) return signatureOf(said.model, about.targetColumn);
  const { path, digest, size } = files.find((file) => file.path === modelFile)!;
  if (!path.endsWith('.json') || size > maxBytes) return null;
  try {
    const given = said.modelFiles?.find((file) => file.path === modelFile);
    const model = await openModel([{ path, bytes: given?.bytes ?? (await readStored(artifacts, digest)) }], about);
    return signatureOf(model, about.targetColumn);
  } catch (error) {
    if (error instanceof MLOpsError && !error.code.startsWith('STORAGE_')) return null; // loading will say what is wrong
    throw error;
  }
}

/** @throws MLOpsError `INVALID_INPUT` */
export function checkSignature(signature: ModelSignature): ModelSignature {
  checkOptions(signature, ['inputs', 'output'], 'signature');
  if (!Array.isArray(signature.inputs)) refuse('signature.inputs must list { name, type } of every column');
  const inputs = signature.inputs.map(({ name, type }) => ({
    name: checkName(name, 'signature input'),
    type: checkOneOf(type, ['numeric', 'categorical'] as const, `type of the signature input ${name}`),
  }));
  const { name, task } = signature.output;
  return {
    inputs,
    output: {
      ...(name !== undefined && { name: checkName(name, 'signature output') }),
      task: checkOneOf(task, ['regression', 'classification'] as const, 'signature.output.task'),
    },
  };
}
