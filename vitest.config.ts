import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@bondx\/mlops\/testing$/, replacement: source('testing/index.ts') },
      { find: /^@bondx\/mlops\/onnx$/, replacement: source('integrations/onnx/index.ts') },
      { find: /^@bondx\/mlops\/openfeature$/, replacement: source('integrations/openfeature/index.ts') },
      { find: /^@bondx\/mlops\/opentelemetry$/, replacement: source('integrations/opentelemetry/index.ts') },
      { find: /^@bondx\/mlops\/postgres$/, replacement: source('adapters/postgres/index.ts') },
      { find: /^@bondx\/mlops\/report$/, replacement: source('report/index.ts') },
      { find: /^@bondx\/mlops\/server$/, replacement: source('server/index.ts') },
      { find: /^@bondx\/mlops\/s3$/, replacement: source('adapters/s3/index.ts') },
      { find: /^@bondx\/mlops$/, replacement: source('index.ts') },
    ],
  },
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 60_000,
    // What a command prints is compared as text, also where the suite itself runs on a terminal.
    env: { NO_COLOR: '1' },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 90, branches: 85 },
    },
  },
});
