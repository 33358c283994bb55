import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** How Stryker runs the tests that bundle-tests.ts bundled. A new thread for each mutant, one for all of its tests. */
export default defineConfig({
  test: {
    include: ['**/*.test.mjs'],
    isolate: false,
    setupFiles: [fileURLToPath(new URL('end-on-failure.ts', import.meta.url))],
    server: { deps: { external: [/\/bundled\//] } },
    testTimeout: 15_000,
    env: { NO_COLOR: '1' },
  },
});
