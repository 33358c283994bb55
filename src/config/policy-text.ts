import { readFileSync, statSync } from 'node:fs';
import { PolicyError } from '../errors.js';
import { isError } from '../util/is-error.js';

/** Ordinary policies have a few kilobytes. */
const maxBytes = 1_000_000;

/**
 * The text of a policy file.
 *
 * @throws PolicyError when there is no such file, or it cannot be a policy
 */
export function readPolicyText(path: string): string {
  return decodePolicy(readBytes(path), path);
}

/** UTF-8, with or without a byte order mark. */
export function decodePolicy(bytes: Uint8Array, name: string): string {
  if (bytes.length > maxBytes) throw tooLarge(bytes.length, name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refusal('is not UTF-8 text; save it as UTF-8', name, cause);
  }
}

function readBytes(path: string): Uint8Array {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw refusal('is a folder; name the policy file in it', path);
    if (!stat.isFile()) throw refusal('is not a regular file', path);
    if (stat.size > maxBytes) throw tooLarge(stat.size, path);
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof PolicyError) throw cause;
    if (isError(cause) && 'code' in cause && cause.code === 'ENOENT') {
      const advice =
        'copy policy.example.yaml of this package to it (bondx-mlops init does), or use MLOpsConfig.default()';
      throw refusal(`does not exist; ${advice}`, path, cause);
    }
    throw refusal(`cannot be read: ${isError(cause) ? cause.message : String(cause)}`, path, cause);
  }
}

const tooLarge = (size: number, name: string): PolicyError =>
  refusal(`has ${size} bytes; a policy may have at most ${maxBytes} (1 MB)`, name);

const refusal = (message: string, name: string, cause?: unknown): PolicyError =>
  new PolicyError([{ path: '', message }], name, { cause });
