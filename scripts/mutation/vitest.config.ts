import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { scopeOf } from './scopes.js';

/** Files in the order of their scope. */
class InOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { tests } = scopeOf(process.env['MUTATION_SCOPE']);
    const place = ({ moduleId }: TestSpecification): number =>
      tests.findIndex((name) => moduleId.endsWith(`/${name}.test.mjs`));
    return Promise.resolve([...files].sort((a, b) => place(a) - place(b)));
  }
}

/** How Stryker runs the tests that bundle-tests.ts bundled. A new thread for each mutant, one for all of its tests. */
export default defineConfig({
  test: {
    include: ['**/*.test.mjs'],
    isolate: false,
    setupFiles: [fileURLToPath(new URL('end-on-failure.ts', import.meta.url))],
    sequence: { sequencer: InOrder },
    server: { deps: { external: [/\/bundled\//] } },
    testTimeout: 15_000,
    env: { NO_COLOR: '1' },
  },
});
