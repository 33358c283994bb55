import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'tsup';

/** Compiles the command line as the package has it; the folder that is given belongs on the PATH. */
export async function compileProgram(): Promise<string> {
  const outDir = resolve('node_modules/.cache/cli-examples'); // where packages can be found from
  mkdirSync(outDir, { recursive: true });
  await build({
    config: false,
    entry: { cli: 'src/cli/main.ts', worker: 'src/worker.ts' },
    outDir,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    external: ['yaml', 'zod', 'vega', 'vega-lite', 'hyparquet', 'onnxruntime-node', 'pg', '@aws-sdk/client-s3'],
    silent: true,
  });
  writeFileSync(join(outDir, 'worker.js'), "import './worker.mjs';\n");
  writeFileSync(join(outDir, 'yaml.cjs'), "module.exports = require('yaml');\n");
  const program = join(outDir, 'bondx-mlops');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(outDir, 'cli.mjs')}' "$@"\n`);
  chmodSync(program, 0o755);
  return outDir;
}
