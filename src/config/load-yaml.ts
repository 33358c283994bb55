import { createRequire } from 'node:module';

type Yaml = typeof import('./yaml-parts.js');

let loaded: Yaml | undefined;

/**
 * The parser of YAML. Loaded with the first policy that is read from text, and synchronously, as that is read: it is a tenth
 * of the library, and a process that configures itself in code never needs it. The built package has it in a file.
 */
export function loadYaml(): Yaml {
  const isSource = import.meta.url.endsWith('.ts');
  return (loaded ??= createRequire(import.meta.url)(isSource ? 'yaml' : './yaml.cjs') as Yaml);
}
