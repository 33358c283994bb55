import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DriftMonitor, ExperimentTracker, MLOpsConfig, ModelRegistry } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { smallRows } from '../helpers.js';
import { bondx, inFolderWith } from './in-folder.js';

const report = (...words: readonly string[]) => bondx('report', ...words);

const csv = (rows: ReturnType<typeof smallRows>): string =>
  ['date,x,kind,y', ...rows.map(({ date, x, kind, y }) => [date, x, kind, y].join(','))].join('\n');

inFolderWith({ 'policy.yaml': 'tracking: { log_environment: false, log_git_sha: false }\n' });

describe('bondx-mlops report', () => {
  it('writes the latest drift report of a model, with the values of the data', async () => {
    const [baseline, current] = [smallRows(500), smallRows(500, { seed: 2, shift: 4 })];
    writeFileSync('baseline.csv', csv(baseline));
    writeFileSync('current.csv', csv(current));
    {
      await using monitor = new DriftMonitor(MLOpsConfig.fromYaml('policy.yaml'));
      const featureColumns = ['x', 'kind'];
      await monitor.detectDrift({
        modelName: 'spread',
        baselineData: 'baseline.csv',
        currentData: 'current.csv',
        featureColumns,
      });
    }
    const data = ['--baseline', 'baseline.csv', '--current', 'current.csv'];
    const done = await report('drift', '--model', 'spread', ...data, '--to', 'drift.html');
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toMatch(/drift\.html \(\d+ kB\)/);
    expect(readFileSync('drift.html', 'utf8')).toContain('Drifted, retraining required');
    expect(readFileSync('drift.html', 'utf8')).toContain('baseline (filled)');
    expect(readdirSync('.').filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('writes a model card and a comparison of runs', async () => {
    const config = MLOpsConfig.fromYaml('policy.yaml');
    const ids: string[] = [];
    {
      await using tracker = new ExperimentTracker(config);
      await using registry = new ModelRegistry(config);
      for (const mae of [1, 2])
        ids.push(
          await tracker.withRun({ experimentName: 'spreads' }, async (r) => (await r.logMetrics({ mae }), r.runId)),
        );
      const version = { version: '1.0.0', model: new ConstantModel(1), featureColumns: ['x'], performanceMetrics: {} };
      await registry.registerModel({ modelName: 'spread', modelType: 'spread', ...version });
    }
    expect((await report('runs', ...ids, '--to', 'runs.html')).code).toBe(0);
    expect(readFileSync('runs.html', 'utf8')).toContain('2 runs');
    expect((await report('model', '--model', 'spread', '--version', '1.0.0', '--to', 'card.html')).code).toBe(0);
    expect(readFileSync('card.html', 'utf8')).toContain('spread 1.0.0');
  });

  it('says what is missing, and writes nothing then', async () => {
    expect(await report('drift', '--model', 'spread', '--to', 'a.html')).toMatchObject({
      code: 1,
      err: expect.stringContaining('error: spread has no drift report; bondx-mlops drift-check makes one\n') as string,
    });
    expect((await report('drift', '--to', 'a.html')).err).toContain('say which: --model NAME');
    expect((await report('canary', '--model', 'spread', '--to', 'a.html')).err).toContain(
      'bondx-mlops deploy begins one',
    );
    expect((await report('drift', '--report', 'x', '--current', 'c.csv', '--to', 'a.html')).code).toBe(2);
    expect(readdirSync('.')).not.toContain('a.html');
  });
});
