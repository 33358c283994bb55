import { createRequire } from 'node:module';

/** The version of this package. The built one has `package.json` above the folder of every file. */
export function packageVersion(): string {
  const isSource = import.meta.url.endsWith('.ts');
  const manifest = createRequire(import.meta.url)(isSource ? '../../package.json' : '../package.json') as object;
  return (manifest as { readonly version: string }).version;
}
