import { existsSync, statSync } from 'node:fs';
import { databaseIn } from '../adapters/filesystem/snapshot-storage.js';
import { MLOpsConfig } from '../config/mlops-config.js';
import { authenticate } from '../governance/access/authenticate.js';
import type { Principal } from '../runtime/principal.js';
import { refuse } from '../util/check.js';
import { Output } from './output.js';

/** Options every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
  readonly token?: string;
  /** Of the commands that have them. */
  readonly model?: string;
  readonly user?: string;
}

/** What a command works with. */
export interface Session {
  readonly config: MLOpsConfig;
  readonly output: Output;
  /** Who the token says is calling; without one, whoever the policy lets stand in. */
  readonly who: { readonly principal?: Principal };
  /** That token, for what goes on for long: it may be revoked meanwhile. */
  readonly token?: string;
  /** Aborted by Ctrl-C, or when the system asks the process to end. */
  readonly signal: AbortSignal;
}

/** The policy unless told. */
export const defaultPolicy = 'policy.yaml';

/**
 * The policy named with `--config`, else `policy.yaml` in the working directory, else the defaults; and who is calling, by
 * `--token` or the variable BONDX_TOKEN.
 *
 * @param isAlone for work that asks for none of it
 */
export async function openSession(options: GlobalOptions, signal: AbortSignal, isAlone = false): Promise<Session> {
  const output = new Output({
    json: options.json ?? false,
    quiet: options.quiet ?? false,
    color: options.color ?? true,
  });
  // As of "$TOKEN" where nothing is set: another policy would hold, and somebody else would have called.
  for (const name of ['config', 'token', 'model', 'user'] as const)
    if (options[name]?.trim() === '') refuse(`--${name} is empty`);
  if (isAlone) return { config: MLOpsConfig.default({ environment: {} }), output, who: {}, signal };
  const path = options.config ?? (existsSync(defaultPolicy) ? defaultPolicy : undefined);
  const config = path === undefined ? MLOpsConfig.default() : MLOpsConfig.fromYaml(path);
  noteNewStore(config, output, path !== undefined);
  const given = options.token ?? process.env['BONDX_TOKEN'];
  if (given === undefined || given === '') return { config, output, who: {}, signal };
  const token = given.trim();
  return { config, output, who: { principal: await authenticate(config, { token }) }, token, signal };
}

/** A file in a folder that may not be looked into may be there: opening it says what is wrong. */
function isMissing(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES';
  }
}

/** Whoever is in the wrong folder, or whose disk is not mounted, would find an empty store and take it for the answer. */
function noteNewStore(config: MLOpsConfig, output: Output, hasPolicy: boolean): void {
  const { storage, dataStoragePath } = config.policy;
  const directory = config.resolvePath(storage.path ?? dataStoragePath);
  if (storage.kind !== 'filesystem' || !isMissing(databaseIn(directory))) return;
  const other = hasPolicy ? '' : `, and no ${defaultPolicy} in this folder: --config names another`;
  output.warn(`there is no store in ${directory} yet${other}`);
}
