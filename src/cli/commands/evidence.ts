import { readFile } from 'node:fs/promises';
import { exportEvidence } from '../../compliance/evidence/export-evidence.js';
import { verifyEvidencePack } from '../../compliance/evidence/verifier.js';
import { MLOpsError } from '../../errors.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { writeNewFile } from '../../util/on-file.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

interface ExportOptions {
  readonly model: string;
  readonly version: string;
  readonly to: string;
}

export async function exportPack({ config, output, who }: Session, options: ExportOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const { bytes, digest, files, keyId } = await exportEvidence(registry, {
    modelName: options.model,
    version: options.version,
  });
  await writeNewFile(options.to, bytes);
  output.result({ file: options.to, digest, files, keyId }, `${options.to}: ${files} files, ${digest}, key ${keyId}`);
  return exitCode.ok;
}

export async function verifyPack(
  { output }: Session,
  file: string,
  options: { readonly keyFingerprint?: string; readonly checkpointKeyFingerprint?: readonly string[] },
): Promise<number> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new MLOpsError('NOT_FOUND', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  });
  const { keyFingerprint, checkpointKeyFingerprint: checkpointKeyFingerprints } = options;
  const result = await verifyEvidencePack(bytes, {
    ...(keyFingerprint !== undefined && { keyFingerprint }),
    ...(checkpointKeyFingerprints !== undefined && { checkpointKeyFingerprints }),
  });
  const lines = result.checks.map(
    ({ check, passed, message }) => `${passed ? 'ok    ' : 'FAILED'} ${check}: ${message}`,
  );
  output.result(result, [...lines, result.status].join('\n'));
  return result.status === 'ok' ? exitCode.ok : exitCode.found;
}
