import { KeyAdministration } from '../../governance/keys/key-administration.js';
import type { KeyInfo, KeyPurpose } from '../../keys/key.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { writeNewFile } from '../../util/on-file.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

const say = ({ id, purpose, status }: KeyInfo): string => `${id}: ${purpose}, ${status}`;

export async function list({ config, output, who }: Session): Promise<number> {
  await using keys = new KeyAdministration(config, who);
  const found = await keys.list();
  const rows = found.map(({ id, purpose, algorithm, status, created, changed = '', reason = '' }) => [
    id,
    purpose,
    algorithm,
    status,
    created,
    changed,
    reason,
  ]);
  output.result(found, formatTable(['key', 'purpose', 'algorithm', 'status', 'created', 'changed', 'reason'], rows));
  return exitCode.ok;
}

export async function create({ config, output, who }: Session): Promise<number> {
  await using keys = new KeyAdministration(config, who);
  const path = await keys.create();
  output.result({ path }, `made ${path}; keep a copy elsewhere: backups do not hold it`);
  return exitCode.ok;
}

export async function rotate({ config, output, who }: Session, options: { readonly purpose: string }): Promise<number> {
  await using keys = new KeyAdministration(config, who);
  const made = await keys.rotate(options.purpose as KeyPurpose);
  output.result(made, say(made));
  return exitCode.ok;
}

export interface RevokeOptions {
  readonly key: string;
  readonly reason: string;
}

export async function revoke({ config, output, who }: Session, options: RevokeOptions): Promise<number> {
  await using keys = new KeyAdministration(config, who);
  const revoked = await keys.revoke(options.key, options.reason);
  output.result(revoked, say(revoked));
  return exitCode.ok;
}

/** Exits with 3 when there are files that no key here opens. */
export async function rewrap({ config, output, who, signal }: Session): Promise<number> {
  await using keys = new KeyAdministration(config, who);
  const result = await keys.rewrap({ signal });
  const lost = result.unreadable > 0 ? `; ${result.unreadable} files cannot be read with the keys of this process` : '';
  output.result(result, `${result.rewrapped} data keys wrapped with key ${result.keyId}${lost}`);
  return result.unreadable > 0 ? exitCode.found : exitCode.ok;
}

export interface ExportSignatureOptions {
  readonly model: string;
  readonly version: string;
  readonly out?: string;
}

/** Prints a version's signature, or writes it with the public key beside it. */
export async function exportSignature(
  { config, output, who }: Session,
  options: ExportSignatureOptions,
): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const signature = await registry.exportSignature(options.model, options.version);
  const bundle = `${JSON.stringify(signature.bundle, undefined, 2)}\n`;
  if (options.out === undefined) {
    output.result(signature, bundle.trimEnd());
    return exitCode.ok;
  }
  const { out } = options;
  await writeNewFile(out, bundle);
  await writeNewFile(`${out}.pub`, signature.publicKey);
  output.result(
    signature,
    `${options.out} and ${options.out}.pub: key ${signature.keyId}, identity ${signature.identity}`,
  );
  return exitCode.ok;
}
