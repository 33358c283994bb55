import { join } from 'node:path';
import { MLOpsConfig } from '@bondx/mlops';

const dayMs = 86_400_000;
const firstDay = Date.UTC(2026, 0, 1);

/** Days that audit records are kept. */
export const keptDays = 100;

/** A store whose audit log is moved, and a clock that stands at a time of a day. */
export function moveStore(directory: string, day: number) {
  const [records, files] = [join(directory, 'records'), join(directory, 'files')];
  const config = MLOpsConfig.fromObject(
    {
      storage: { path: records, artifactsPath: files },
      keys: { path: join(directory, 'keys.json') },
      security: { auditLogRetentionDays: keptDays, regulatoryFrameworks: ['Basel III'] },
      tracking: { logEnvironment: false, logGitSha: false, logUncommittedDiff: false },
    },
    { environment: {}, baseDirectory: directory },
  );
  return { config, records, files, clock: { now: () => firstDay + day * dayMs } };
}
