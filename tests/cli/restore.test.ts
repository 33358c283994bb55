import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ExperimentTracker, MLOpsConfig } from '@bondx/mlops';
import { bondx, inFolderWith } from './in-folder.js';

inFolderWith({
  'policy.yaml':
    'tracking: { log_environment: false, log_git_sha: false }\nsecurity: { encrypt_model_artifacts: false }\n',
});

it('restore tells of files that the store had lost before it was backed up', async () => {
  await using tracker = new ExperimentTracker(MLOpsConfig.fromYaml('policy.yaml'));
  const runId = await tracker.startRun({ experimentName: 'e' });
  await tracker.logArtifact(runId, { content: 'lost', name: 'lost.txt' });
  await tracker.endRun(runId);
  await tracker.close();
  for (const name of readdirSync(join('mlruns', 'sha256'), { recursive: true, encoding: 'utf8' })) {
    const path = join('mlruns', 'sha256', name);
    if (statSync(path).isFile()) rmSync(path);
  }
  const missingIn = (place: string): object => {
    const line = new RegExp(`missing in the ${place}, or damaged there: sha256:[0-9a-f]{64}, named by runs/${runId}`);
    return { code: 3, out: expect.stringMatching(line) as string };
  };
  expect(await bondx('backup')).toMatchObject(missingIn('store'));
  for (const folder of ['data', 'mlruns']) rmSync(folder, { recursive: true });
  expect(await bondx('restore')).toMatchObject(missingIn('backup'));
});
