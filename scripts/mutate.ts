/**
 * npm run mutate -- SCOPE [--survivors] [FILE...]
 *
 * Alters the source of a scope (scripts/mutation/scopes.ts), one place at a time, and counts the alterations that its tests
 * notice. With `--survivors` only those that nothing noticed in the last whole run of the scope: what tests that were added
 * since are worth.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { scopeOf } from './mutation/scopes.js';

const { values, positionals } = parseArgs({ options: { survivors: { type: 'boolean' } }, allowPositionals: true });
const [name = '', ...files] = positionals;
const scope = scopeOf(name);
process.env['MUTATION_SCOPE'] = name; // for bundle-tests.ts
const folder = 'artifacts/mutation';
const isWhole = values.survivors !== true && files.length === 0;

interface Position {
  readonly line: number;
  readonly column: number;
}

interface Report {
  readonly files: Readonly<
    Record<
      string,
      { readonly mutants: readonly { readonly status: string; readonly location: Record<'start' | 'end', Position> }[] }
    >
  >;
}

/** The places of the last whole run where nothing noticed a mutant, as Stryker names them. */
function survivors(): readonly string[] {
  const report = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as Report;
  const say = ({ line, column }: Position): string => `${line}:${column - 1}`;
  return Object.entries(report.files).flatMap(([file, { mutants }]) =>
    mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ location: { start, end } }) => `${file}:${say(start)}-${say(end)}`),
  );
}

await new Stryker({
  mutate: files.length > 0 ? files : [...(values.survivors === true ? survivors() : scope.mutate)],
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
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `${folder}/${name}${isWhole ? '' : '-part'}.json` },
  allowConsoleColors: false,
  // An endless loop is noticed by its count; this is for what waits for ever, on a busy machine too.
  timeoutMS: 20_000,
}).runMutationTest();
