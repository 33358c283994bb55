import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Options, defineConfig } from 'tsup';
import { bundledPackages } from './scripts/production-packages.js';

const yamlFolder = dirname(createRequire(import.meta.url).resolve('yaml/package.json'));

/** What `scripts/join-chunks.ts` makes the library of. */
const libraryFolder = 'node_modules/.cache/library';

const library = {
  index: 'src/index.ts',
  testing: 'src/testing/index.ts',
  postgres: 'src/adapters/postgres/index.ts',
  onnx: 'src/integrations/onnx/index.ts',
  openfeature: 'src/integrations/openfeature/index.ts',
  opentelemetry: 'src/integrations/opentelemetry/index.ts',
  report: 'src/report/index.ts',
  server: 'src/server/index.ts',
  s3: 'src/adapters/s3/index.ts',
};

const common: Options = {
  target: 'node20',
  platform: 'node',
  splitting: true,
  // Reading the code is most of what importing it takes: less of it, in one byte a character.
  minifyWhitespace: true,
  minifySyntax: true,
  // Bundled, since only a part of each is used: importing the package costs a fraction of the time.
  noExternal: bundledPackages.map((name) => new RegExp(`^${name}(/|$)`)),
  esbuildOptions(options) {
    options.charset = 'ascii';
    // Node shows the line of an error that nobody caught, before its message.
    options.lineLimit = 500;
    options.alias = { yaml: join(yamlFolder, 'browser/dist/index.js') };
  },
};

export default defineConfig([
  { ...common, entry: library, format: 'esm', outDir: libraryFolder },
  { entry: library, format: ['esm', 'cjs'], dts: { entry: library, only: true } },
  // By themselves: what they load one by one would cut the library into small files, which are slow to import.
  { ...common, entry: { cli: 'src/cli/main.ts' }, format: 'esm' },
  { ...common, entry: { worker: 'src/worker.ts' }, format: 'esm' },
  { ...common, entry: { yaml: 'src/config/yaml-parts.ts' }, format: 'cjs', splitting: false },
]);
