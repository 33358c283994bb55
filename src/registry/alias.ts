import valid from 'semver/functions/valid.js';
import { checkName, refuse } from '../util/check.js';

/**
 * A name for a version that can be moved to another, such as `champion`.
 *
 * @throws MLOpsError `INVALID_INPUT` for `latest`, `v1` and the like, which read as if they were versions
 */
export function checkAlias(value: unknown): string {
  const alias = checkName(value, 'alias');
  if (valid(alias) !== null || /^(latest|v\d+(\.\d+)*|\d+(\.\d+)*)$/i.test(alias.trim())) {
    refuse(`alias must not be ${JSON.stringify(alias)}, which reads like a version; choose a name such as champion`);
  }
  return alias;
}
