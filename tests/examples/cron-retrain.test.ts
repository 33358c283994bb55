import { execFile } from 'node:child_process';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallRows } from '../helpers.js';

const csv = (rows: ReturnType<typeof smallRows>): string =>
  ['date,x,kind,y', ...rows.map(({ date, x, kind, y }) => [date, x, kind, y].join(','))].join('\n');

const policy = `
storage: { path: ./records, artifacts_path: ./files }
keys: { path: ./keys.json }
models: { spread: { feature_columns: [x, kind], target_column: y, algorithm: cart } }
promotion: { min_accuracy: 0 }
retraining: { hyperparameter_tuning: false, scheduled_retraining: { enabled: true, frequency: weekly } }
tracking: { log_environment: false, log_git_sha: false, log_uncommitted_diff: false }
`;

describe('the retraining from cron', () => {
  it('registers what is due, finds nothing due the next time, and fails where it must', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'cron-'));
    symlinkSync(resolve('node_modules'), join(cwd, 'node_modules'));
    writeFileSync(join(cwd, 'policy.yaml'), policy);
    writeFileSync(join(cwd, 'latest.csv'), csv(smallRows(400)));
    const run = (...args: string[]): Promise<{ code: number; out: string }> =>
      new Promise((done) => {
        const program = ['--import', import.meta.resolve('tsx'), resolve('examples/cron-retrain/retrain.ts'), ...args];
        const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
        execFile(process.execPath, program, { cwd, env }, (error, out) =>
          done({ code: error === null ? 0 : Number(error.code), out }),
        );
      });
    const missing = await run('spread', 'none.csv');
    expect(missing).toMatchObject({ code: 1, out: expect.stringContaining('none.csv') as string });
    const first = await run('spread', 'latest.csv');
    const second = await run();
    expect([first, second]).toMatchObject([
      { code: 0, out: expect.stringMatching(/^spread: registered as 1\.0\.0 \(weekly, for /) as string },
      { code: 0, out: expect.stringMatching(/^spread: nothing to do \(.*it was retrained in/) as string },
    ]);
  }, 120_000);
});
