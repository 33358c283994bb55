import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'bundled-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that needs what the package keeps in files of its own, and says what it is told without them. */
const program = `
import { MLOpsConfig } from ${JSON.stringify(resolve('src/config/mlops-config.ts'))};
import { WorkerSession } from ${JSON.stringify(resolve('src/util/run-in-worker.ts'))};
for (const use of [() => MLOpsConfig.fromObject({}).toYaml(), () => new WorkerSession()]) {
  try { use(); } catch ({ code, message }) { console.log(code, message); }
}`;

it.each(['esm', 'cjs'] as const)(
  'a program that was bundled as %s says what its bundler should leave out',
  async (format) => {
    const outfile = join(folder, format === 'esm' ? 'program.mjs' : 'program.cjs');
    writeFileSync(join(folder, 'program.ts'), program);
    await build({
      entryPoints: [join(folder, 'program.ts')],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      logLevel: 'silent',
    });
    const said = execFileSync(process.execPath, [outfile], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    for (const file of ['yaml.cjs', 'worker.js']) {
      expect(said).toMatch(new RegExp(`UNSUPPORTED ${file}.*mark @bondx/mlops as external`));
    }
  },
);

it('a program that was bundled into several files trains what packages in CommonJS train', async () => {
  const trees = `
import { MLOpsConfig } from ${JSON.stringify(resolve('src/config/mlops-config.ts'))};
import { trainModel } from ${JSON.stringify(resolve('src/retraining/train-model.ts'))};
const config = MLOpsConfig.fromObject({ storage: { kind: 'memory' } });
const data = Array.from({ length: 100 }, (_, i) => ({ x: i % 20, y: 2 * (i % 20) }));
for (const algorithm of ['cart', 'random_forest']) {
  const { algorithm: trained } = await trainModel(config, { modelType: 'spread', data, algorithm, featureColumns: ['x'], targetColumn: 'y' });
  console.log(trained);
}`;
  const outdir = join(folder, 'several');
  writeFileSync(join(folder, 'trees.ts'), trees);
  const options = { bundle: true, splitting: true, platform: 'node', format: 'esm', logLevel: 'silent' } as const;
  const nodePaths = [resolve('node_modules')];
  await build({
    ...options,
    entryPoints: [join(folder, 'trees.ts')],
    outdir,
    nodePaths,
    outExtension: { '.js': '.mjs' },
  });
  expect(execFileSync(process.execPath, [join(outdir, 'trees.mjs')], { encoding: 'utf8' })).toBe(
    'cart\nrandom_forest\n',
  );
}, 60_000);
