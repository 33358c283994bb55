/**
 * npm run mutate -- SCOPE [--force] [FILE...]
 *
 * Alters the source of a scope (scripts/mutation/scopes.ts), one place at a time, and counts the alterations that its tests
 * notice. Results of mutants whose code and tests did not change are taken from the last run unless told to `--force`.
 */
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { scopeOf } from './mutation/scopes.js';

const { values, positionals } = parseArgs({ options: { force: { type: 'boolean' } }, allowPositionals: true });
const [name = '', ...files] = positionals;
const scope = scopeOf(name);
process.env['MUTATION_SCOPE'] = name; // for bundle-tests.ts
const folder = 'artifacts/mutation';

await new Stryker({
  mutate: files.length > 0 ? files : [...scope.mutate],
  buildCommand: 'tsx scripts/mutation/bundle-tests.ts',
  testRunner: 'vitest',
  vitest: { configFile: 'scripts/mutation/vitest.config.ts', dir: `${folder}/bundled`, related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // The wording of messages is not what these scores are about; other tests compare it.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignoreStatic: true,
  disableTypeChecks: false,
  ignorePatterns: ['artifacts', 'assembly', 'bench', 'coverage', 'dist', 'docs', 'examples'],
  tempDirName: `${folder}/sandbox`,
  incremental: true,
  incrementalFile: `${folder}/${name}-incremental.json`,
  force: values.force ?? false,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `${folder}/${name}.json` },
  allowConsoleColors: false,
  // An endless loop is noticed by its count; this is for what waits for ever, on a busy machine too.
  timeoutMS: 60_000,
}).runMutationTest();
