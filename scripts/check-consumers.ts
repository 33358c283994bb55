/**
 * Installs the packed package into an empty folder and uses it there as others do (tests/package/consumers): compiled with
 * every way of resolving modules that TypeScript has, from 5.0 on, imported, required and run by ts-node on every supported line of
 * Node. Usage: npm run build && npm run check:consumers
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { supportedNodes } from './supported-nodes.js';

if (!existsSync('dist/index.d.cts')) throw new Error('build first: npm run build');

/** How TypeScript finds modules, and what it then takes the program for. */
const resolutions = [
  { moduleResolution: 'node16', module: 'node16', file: 'consumer.mts' },
  { moduleResolution: 'node16', module: 'node16', file: 'consumer.cts' },
  { moduleResolution: 'nodenext', module: 'nodenext', file: 'consumer.mts' },
  { moduleResolution: 'bundler', module: 'esnext', file: 'consumer.ts' },
  { moduleResolution: 'node10', module: 'commonjs', file: 'consumer.ts' },
];

/** Folders of the oldest TypeScript there is support for and of the one this library is written with. */
const compilers = ['typescript-5.0', 'typescript'];

const folder = mkdtempSync(join(tmpdir(), 'consumers-'));
try {
  prepare();
  for (const compiler of compilers) {
    for (const { file, ...options } of resolutions) compile(compiler, file, options);
  }
  const printed = supportedNodes().map(use);
  if (printed.length === 0) throw new Error('no Node to check with');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function prepare(): void {
  const npm = (args: readonly string[], cwd: string): string =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const tarball = npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], '.');
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "commonjs" }');
  writeFileSync(join(folder, 'tsconfig.json'), '{}');
  // Nothing here opens a file store, which .ci/acceptance does: without scripts, nothing is compiled.
  const development = [
    'typescript@5.9',
    'typescript-5.0@npm:typescript@5.0',
    '@types/node@20',
    'ts-node@10',
    'jest@30',
  ];
  npm(['install', '--ignore-scripts', '--prefer-offline', `./${tarball}`, ...development], folder);
  cpSync('tests/package/consumers', folder, { recursive: true });
  for (const name of ['consumer.mts', 'consumer.cts']) cpSync(join(folder, 'consumer.ts'), join(folder, name));
  mkdirSync(join(folder, 'configs'));
}

/** Types are checked to the last: those of the package as well. */
function compile(
  compiler: string,
  file: string,
  options: { readonly moduleResolution: string; readonly module: string },
): void {
  const config = join(folder, 'configs', `${options.moduleResolution}-${file}.json`);
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
  const compilerOptions = {
    ...strict,
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    ...options,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [`../${file}`] }));
  try {
    execFileSync(process.execPath, [`node_modules/${compiler}/bin/tsc`, '-p', config], {
      cwd: folder,
      encoding: 'utf8',
    });
  } catch (error) {
    throw new Error(`${compiler}: ${file} with ${JSON.stringify(options)}:\n${(error as { stdout: string }).stdout}`, {
      cause: error,
    });
  }
  console.log(`${compiler}, ${options.moduleResolution}: ${file}`);
}

/** Jest runs tests in a context of `node:vm`: a realm of its own, without `import()` unless told. It fails with its tests. */
function jest(run: ReturnType<typeof supportedNodes>[number]['run'], flags: readonly string[], file: string): string {
  const config = { testMatch: [`**/${file}`], transform: {}, moduleFileExtensions: ['js', 'mjs', 'cjs', 'json'] };
  run([...flags, 'node_modules/jest/bin/jest.js', '--config', JSON.stringify(config)], folder);
  return 'passed';
}

function use({ version, run }: ReturnType<typeof supportedNodes>[number]): void {
  const printed = [
    run(['consumer.mjs'], folder),
    run(['consumer.cjs'], folder),
    `ts-node: ${run(['node_modules/ts-node/dist/bin.js', 'consumer.ts'], folder)}`,
    `--version: ${run(['node_modules/@bondx/mlops/dist/cli.js', '--version'], folder)}`,
    `jest: ${jest(run, [], 'jest.test.cjs')}`,
    `jest, modules: ${jest(run, ['--experimental-vm-modules', '--no-warnings'], 'jest.test.mjs')}`,
  ];
  console.log(`${version}: ${printed.join('; ')}`);
}
