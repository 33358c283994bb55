import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'tsup';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallRows } from '../helpers.js';

const csv = (rows: ReturnType<typeof smallRows>): string =>
  ['date,x,kind,y', ...rows.map(({ date, x, kind, y }) => [date, x, kind, y].join(','))].join('\n');

let project: string;

/** A CommonJS project that has the package installed, and the script in it. */
beforeAll(async () => {
  const installed = resolve('node_modules/.cache/script-example'); // where its packages are found from
  await build({
    config: false,
    entry: { index: 'src/index.ts', report: 'src/report/index.ts' },
    outDir: installed,
    format: 'cjs',
    splitting: false, // so that import() stays what it is: vega cannot be required
    shims: true,
    target: 'node20',
    noExternal: ['zod', 'yaml', /^semver/],
    external: ['vega', 'vega-lite', 'hyparquet', 'pg', '@aws-sdk/client-s3'],
    silent: true,
  });
  const entry = (file: string) => ({ require: `./${file}.cjs` });
  writeFileSync(
    join(installed, 'package.json'),
    JSON.stringify({
      name: '@bondx/mlops',
      type: 'module',
      exports: { '.': entry('index'), './report': entry('report') },
    }),
  );
  project = mkdtempSync(join(tmpdir(), 'script-'));
  mkdirSync(join(project, 'node_modules/@bondx'), { recursive: true });
  symlinkSync(installed, join(project, 'node_modules/@bondx/mlops'));
  writeFileSync(join(project, 'package.json'), '{ "type": "commonjs" }');
  writeFileSync(join(project, 'tsconfig.json'), '{}');
  copyFileSync('examples/script/check-drift.ts', join(project, 'check-drift.ts'));
  for (const [name, seed, shift] of [
    ['2011', 1, 0],
    ['2012', 2, 4],
    ['same', 3, 0],
  ] as const)
    writeFileSync(join(project, `${name}.csv`), csv(smallRows(1500, { seed, shift })));
}, 120_000);

const script = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((done) => {
    const options = JSON.stringify({ module: 'commonjs', target: 'es2022', esModuleInterop: true });
    const tsNode = [resolve('node_modules/ts-node/dist/bin.js'), '--transpile-only', '-O', options, 'check-drift.ts'];
    execFile(process.execPath, [...tsNode, ...args], { cwd: project }, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

describe('the script under ts-node', () => {
  it('says for each column whether it drifted, and shows it', async () => {
    const drifted = await script('2011.csv', '2012.csv', 'x,kind');
    expect(drifted, drifted.err).toMatchObject({ code: 3 });
    expect(drifted.out).toMatch(/^x: drifted \(.*\)\nkind: stable \(.*\)\ndrifted\n$/);
    expect(readFileSync(join(project, 'drift.html'), 'utf8')).toContain('<svg role="img"');
    expect(await script('2011.csv', '2011.csv', 'x')).toMatchObject({ code: 0 });
  });

  it('says what it was not told', async () => {
    expect(await script('2011.csv')).toMatchObject({ code: 1, err: expect.stringContaining('usage:') as string });
    expect((await script('2011.csv', 'none.csv', 'x')).code).toBe(1);
  });
});
