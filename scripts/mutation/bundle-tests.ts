import { readFile, rm } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { scopeOf } from './scopes.js';

/*
 * Bundles the tests of the scope that MUTATION_SCOPE names with the source they import, in a mutated copy of the project.
 * Each of a thousand mutants starts the tests anew: a few files load ten times faster than all modules one by one.
 */
const folder = 'artifacts/mutation/bundled';
await rm(folder, { recursive: true, force: true });
await build({
  entryPoints: scopeOf(process.env['MUTATION_SCOPE']).tests.map((name) => `${name}.test.ts`),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  outbase: '.',
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  logLevel: 'warning',
  plugins: [
    {
      // Files that a module reads are found from where it was.
      name: 'original-urls',
      setup: (bundle) => {
        bundle.onLoad({ filter: /[/\\](src|tests)[/\\].*\.ts$/ }, async ({ path }) => ({
          contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', `'${pathToFileURL(path).href}'`),
          loader: 'ts',
        }));
      },
    },
  ],
});
