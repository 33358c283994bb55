import { createRequire } from 'node:module';
import { MLOpsError } from '../errors.js';

type Yaml = typeof import('./yaml-parts.js');

let loaded: Yaml | undefined;

/**
 * The parser of YAML. Loaded with the first policy that is read from text, and synchronously, as that is read: it is a tenth
 * of the library, and a process that configures itself in code never needs it. The built package has it in a file.
 *
 * @throws MLOpsError `UNSUPPORTED` where that file is missing
 */
export function loadYaml(): Yaml {
  return (loaded ??= load());
}

function load(): Yaml {
  const place = import.meta.url as string | undefined; // undefined in CommonJS that a bundler made
  try {
    return createRequire(place!)(place!.endsWith('.ts') ? 'yaml' : './yaml.cjs') as Yaml;
  } catch (cause) {
    throw new MLOpsError(
      'UNSUPPORTED',
      'yaml.cjs of this package is not beside its code; if a bundler moved that, mark @bondx/mlops as external',
      { cause },
    );
  }
}
