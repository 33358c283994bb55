import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ExperimentTracker, MLOpsConfig } from '@bondx/mlops';
import { smallRows } from '../helpers.js';
import { bondx, inFolderWith } from './in-folder.js';

inFolderWith({
  'policy.yaml': 'tracking: { log_environment: false, log_git_sha: false }',
  'model.json': '{"kind":"constant","value":1}',
});

it('draws what led to a version and what came of a run', async () => {
  await using tracker = new ExperimentTracker(MLOpsConfig.fromYaml('policy.yaml'));
  const parent = await tracker.startRun({ experimentName: 'spreads', runName: 'sweep' });
  const runId = await tracker.startRun({ experimentName: 'spreads', parentRunId: parent });
  await tracker.logDataset(runId, { name: 'trades', data: smallRows(10) });
  const metadata = { modelType: 'spread', featureColumns: ['x'], runId };
  const folder = mkdtempSync(join(tmpdir(), 'model-'));
  writeFileSync(join(folder, 'model.json'), '{"kind":"constant","value":1}');
  writeFileSync(join(folder, 'metadata.json'), JSON.stringify(metadata));
  expect((await bondx('register', '--model', 'spread', '--path', folder)).code).toBe(0);
  const back = await bondx('lineage', '--model', 'spread', '--version', '1.0.0');
  expect(back).toMatchObject({ code: 0 });
  const today = new Date().toISOString().slice(0, 10);
  expect(back.out.split('\n')).toEqual([
    'spread 1.0.0',
    'comes from:',
    `  run of spreads (produced, ${today})`,
    expect.stringMatching(/^ {4}data sha256:[0-9a-f]{12} \(training data of\)$/),
    `    run sweep of spreads (parent of, ${today})`,
    '',
  ]);
  const forward = await bondx('lineage', '--run', parent, '--depth', '1');
  expect(forward.out).toContain('led to:\n  run of spreads (parent of');
  expect(forward.out).toContain('there is more: raise --depth');
  expect(await bondx('lineage', '--model', 'spread', '--run', parent)).toMatchObject({ code: 2 });
  expect(await bondx('lineage', '--run', 'none')).toMatchObject({ code: 1 });
});
