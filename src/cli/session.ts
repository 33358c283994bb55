import { existsSync } from 'node:fs';
import { MLOpsConfig } from '../config/mlops-config.js';
import { Output } from './output.js';

/** Options every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/** What a command works with. */
export interface Session {
  readonly config: MLOpsConfig;
  readonly output: Output;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

const defaultPolicy = 'policy.yaml';

/** The policy named with `--config`, else `policy.yaml` in the working directory, else the defaults. */
export function openSession(options: GlobalOptions, signal: AbortSignal): Session {
  const path = options.config ?? (existsSync(defaultPolicy) ? defaultPolicy : undefined);
  const config = path === undefined ? MLOpsConfig.default() : MLOpsConfig.fromYaml(path);
  const output = new Output({ json: options.json ?? false, quiet: options.quiet ?? false });
  return { config, output, signal };
}
