import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type AuditRecord, MLOpsConfig } from '@bondx/mlops';
import { createContext } from '../../src/runtime/context.js';
import { SubjectKeys } from '../../src/sealing/subject-keys.js';
import { bondx, inFolderWith } from './in-folder.js';

inFolderWith({ 'policy.yaml': 'seed: 1\n' });

it('bondx-mlops privacy holds, releases and erases a subject, and says what stands against it', async () => {
  const context = createContext(MLOpsConfig.fromYaml('policy.yaml'));
  await new SubjectKeys(context.keys).use(await context.stores.storage(), 'client-4711');
  await context.stores.release();

  const about = (verb: string, reason: string) =>
    bondx('privacy', verb, '--subject', 'client-4711', '--reason', reason);
  expect(await about('hold', 'court order')).toMatchObject({ code: 0 });
  expect(await about('erase', 'request')).toMatchObject({
    code: 1,
    err: expect.stringContaining('court order') as string,
  });
  expect(await about('release', 'case closed')).toMatchObject({ code: 0 });
  expect(await about('erase', 'request')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/: erased \d{4}-.*backups/) as string,
  });
  expect(await bondx('privacy', 'erase', '--subject', 'nobody', '--reason', 'x')).toMatchObject({ code: 1 });
  const { out } = await bondx('audit', 'list', '--json');
  expect((JSON.parse(out) as AuditRecord[]).map(({ action, decision }) => `${action} ${decision}`).sort()).toEqual([
    'privacy.erase_subject allow',
    'privacy.erase_subject error',
    'privacy.erase_subject error',
    'privacy.hold_subject allow',
    'privacy.release_subject allow',
  ]);
  expect(out).not.toContain('4711');
});

it('bondx-mlops evaluate asks a model about what it learned from: columns that were replaced', async () => {
  writeFileSync(
    'policy.yaml',
    `models: { spread: { feature_columns: [kind], target_column: y, algorithm: cart } }
privacy: { sensitive_columns: { kind: { action: pseudonymize } } }
tracking: { log_environment: false, log_git_sha: false }
`,
  );
  const rows = Array.from({ length: 300 }, (_, i) => `${['a', 'b', 'c'][i % 3]},${10 * (i % 3) + (i % 7) / 10}`);
  writeFileSync('data.csv', ['kind,y', ...rows].join('\n'));
  await bondx('train', '--model', 'spread', '--data', 'data.csv');
  await bondx('register', '--model', 'spread', '--path', 'models/spread_v1');
  const { out } = await bondx(
    ...['evaluate', '--model', 'spread', '--version', '1.0.0', '--test-data', 'data.csv', '--json'],
  );
  expect((JSON.parse(out) as { metrics: { r2_score: number } }).metrics.r2_score).toBeGreaterThan(0.95);
});
