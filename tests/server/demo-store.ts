import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MLOpsConfig } from '@bondx/mlops';

/** Runs the demo in a folder of its own and gives the policy of what it stored. */
export async function demoStore(): Promise<{ readonly config: () => MLOpsConfig; readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  const demo = join(folder, 'examples/treasury-lifecycle');
  mkdirSync(demo, { recursive: true });
  for (const file of ['demo.ts', 'policy.yaml'])
    cpSync(join('examples/treasury-lifecycle', file), join(demo, file === 'demo.ts' ? 'demo.mts' : file));
  symlinkSync(resolve('examples/data'), join(folder, 'examples/data'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
  const args = ['--import', import.meta.resolve('tsx'), join(demo, 'demo.mts')];
  await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  return { folder, config: () => MLOpsConfig.fromYaml(join(demo, 'policy.yaml')) };
}
