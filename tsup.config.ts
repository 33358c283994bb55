import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Options, defineConfig } from 'tsup';

const yamlFolder = dirname(createRequire(import.meta.url).resolve('yaml/package.json'));

const library = {
  index: 'src/index.ts',
  testing: 'src/testing/index.ts',
  postgres: 'src/adapters/postgres/index.ts',
  onnx: 'src/integrations/onnx/index.ts',
  openfeature: 'src/integrations/openfeature/index.ts',
  report: 'src/report/index.ts',
  server: 'src/server/index.ts',
  s3: 'src/adapters/s3/index.ts',
};

const common: Options = {
  target: 'node20',
  platform: 'node',
  splitting: true,
  shims: true, // import.meta.url in CommonJS, to find the worker's file
  // Bundled, since only a part of each is used: importing the package costs a fraction of the time.
  noExternal: ['zod', 'yaml', /^semver/],
  esbuildOptions(options) {
    options.alias = { yaml: join(yamlFolder, 'browser/dist/index.js') };
  },
};

/**
 * Packages that CommonJS cannot require: they are modules that wait while they load. What was made of `import()` for
 * CommonJS is made `import()` again.
 */
const asynchronousPackages =
  /Promise\.resolve\(\)\.then\(\(\) => _interopRequireWildcard\(require\("(vega|vega-lite)"\)\)\)/g;

const keepImports: NonNullable<Options['plugins']>[number] = {
  name: 'keep-imports',
  buildEnd({ writtenFiles }) {
    for (const { name } of writtenFiles.filter((file) => file.name.endsWith('.cjs'))) {
      const code = readFileSync(name, 'utf8');
      const kept = code.replace(asynchronousPackages, 'import("$1")');
      if (kept !== code) writeFileSync(name, kept);
    }
  },
};

export default defineConfig([
  { ...common, entry: { ...library, worker: 'src/worker.ts' }, format: 'esm', dts: { entry: library } },
  { ...common, entry: library, format: 'cjs', dts: { entry: library }, plugins: [keepImports] },
  // By itself: what its commands load one by one would cut the library into small files, which are slow to import.
  { ...common, entry: { cli: 'src/cli/main.ts' }, format: 'esm', minifyWhitespace: true, minifySyntax: true },
]);
