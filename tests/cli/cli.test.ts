import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../src/cli/run.js';
import { smallRows } from '../helpers.js';

const policy = `
promotion: { min_accuracy: 0, max_drift: 1, require_explainability: false, require_feature_importance: false, require_bias_testing: false, require_security_scan: true, require_compliance_check: false }
models: { spread: { feature_columns: [x, kind], target_column: y, algorithm: cart } }
tracking: { log_environment: false, log_git_sha: false }
`;

let folder: string;
let output: { out: string; err: string };

function csv(name: string, rows: readonly Readonly<Record<string, string | number | null>>[]): string {
  const columns = Object.keys(rows[0]!);
  const path = join(folder, name);
  writeFileSync(
    path,
    [columns.join(','), ...rows.map((row) => columns.map((column) => row[column] ?? '').join(','))].join('\n'),
  );
  return path;
}

/** Runs a command line in the folder and collects what it prints. */
async function bondx(line: string): Promise<{ code: number; out: string; err: string }> {
  output = { out: '', err: '' };
  const code = await run(line.split(' '));
  return { code, ...output };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  writeFileSync(join(folder, 'policy.yaml'), policy);
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  process.chdir(folder);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((output.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((output.err += String(text)), true));
  csv('data.csv', smallRows(600));
  csv('shifted.csv', smallRows(3000, { seed: 2, shift: 4 }));
  csv('more.csv', smallRows(3000, { seed: 3 }));
});
const home = process.cwd();
afterEach(() => {
  vi.restoreAllMocks();
  process.chdir(home);
});

describe('bondx-mlops', () => {
  it('takes a file without rows, as of a feed that is down, for no pass', async () => {
    writeFileSync(join(folder, 'header.csv'), 'date,x,kind,y\n');
    const { code, out } = await bondx('drift-check --model spread --baseline data.csv --current header.csv');
    expect({ code, out }).toMatchObject({ code: 3, out: expect.stringContaining('spread: not_assessed') as string });
  });

  it('carries a model from training to a canary', async () => {
    expect(await bondx('train --model spread --data data.csv')).toMatchObject({
      code: 0,
      out: expect.stringContaining('trained spread (cart)') as string,
    });
    expect(readdirSync(join(folder, 'models', 'spread_v1')).sort()).toEqual([
      'metadata.json',
      'model.json',
      'profile.json',
    ]);
    expect((await bondx('register --model spread --version 1.0.0 --path ./models/spread_v1')).code).toBe(0);
    const evaluation = await bondx('evaluate --model spread --version 1.0.0 --test-data more.csv --json');
    expect((JSON.parse(evaluation.out) as { metrics: { r2_score: number } }).metrics.r2_score).toBeGreaterThan(0.9);
    expect((await bondx('promote --model spread --version 1.0.0 --stage staging --user admin')).out).toContain(
      'Development → Staging',
    );
    expect((await bondx('promote --model spread --version 1.0.0 --stage production --user admin')).code).toBe(0);
    const drift = await bondx('drift-check --model spread --baseline more.csv --current shifted.csv');
    expect(drift).toMatchObject({ code: 3 });
    expect(drift.out).toMatch(/x +feature +drifted/);
    expect(drift.out).toMatch(/residuals +residual/);
    const withProfile = await bondx('drift-check --model spread --current shifted.csv');
    expect(withProfile).toMatchObject({ code: 3, out: expect.stringMatching(/x +feature +drifted/) as string });
    expect((await bondx('drift-check --model spread --baseline more.csv --current more.csv')).code).toBe(0);
    const before = { code: 0, out: 'no canary is under way; spread has had none\n' };
    expect(await bondx('canary evaluate --model spread --apply')).toMatchObject(before);
    expect((await bondx('canary evaluate --model sprad --apply')).code).toBe(1);
    await bondx('train --model spread --data data.csv');
    await bondx('register --model spread --path ./models/spread_v2');
    expect((await bondx('deploy --model spread --version 1.0.1 --traffic 0.1 --user admin')).out).toContain(
      '10.0% of the traffic beside 1.0.0',
    );
    expect((await bondx('list --models --stage production')).out).toMatch(/spread +1\.0\.0 +Production/);
    expect((await bondx('list --deployments')).out).toMatch(/spread +1\.0\.1 +1\.0\.0 +active +10\.0%/);
    expect((await bondx('canary status --model spread')).out).toContain('spread 1.0.1 beside 1.0.0: active, 10.0%');
    expect((await bondx('canary pause --model spread --user ops')).out).toContain(
      ': paused, production answers everything; 10.0% of the traffic once it is resumed',
    );
    expect((await bondx('canary resume --model spread')).out).toContain(': active');
    expect((await bondx('canary adjust --model spread --traffic 0.15')).out).toContain(': active, 15.0%');
    expect((await bondx('canary adjust --model spread --traffic 0.9')).code).toBe(2);
    expect((await bondx('decision list --model spread')).out).toBe('not evaluated yet\n');
    const evaluated = await bondx('canary evaluate --model spread');
    expect(evaluated).toMatchObject({ code: 0, out: expect.stringMatching(/^hold: .*\n.*advice/s) as string });
    expect((await bondx('canary halt --model spread --reason wrong')).out).toContain(': halted');
    const harmful = await bondx('canary evaluate --model spread --apply');
    expect(harmful).toMatchObject({
      code: 3,
      out: expect.stringMatching(/^rollback: halted by .*: halted, production answers everything/s) as string,
    });
    const decided = await bondx('decision list --model spread --limit 1');
    expect(decided.out).toMatch(/rollback +wait +halted/);
    const [id] = /[0-9a-f-]{36}/.exec(decided.out)!;
    expect((await bondx(`decision replay ${id}`)).out).toMatch(/^same: rollback/);
    expect((await bondx('canary promote --model spread')).code).toBe(1);
    expect((await bondx('canary rollback --model spread --reason halted')).out).toContain(': rolled_back');
    expect(await bondx('canary evaluate --model spread --apply')).toMatchObject({
      code: 0,
      out: expect.stringContaining('no canary is under way; spread 1.0.1 beside 1.0.0: rolled_back') as string,
    });
    const steps = '--step 0:1:10 --step 0.1 --shadow-sample 0.5 --label-window 2';
    expect((await bondx(`deploy --model spread --version 1.0.1 ${steps}`)).out).toContain(
      'spread 1.0.1 scores beside 1.0.0, step 1 of 2',
    );
    expect((await bondx('list --runs')).out.match(/spread_training +completed/g)).toHaveLength(2);
    expect(JSON.parse((await bondx('list --models --json')).out)).toHaveLength(2);
    for (const what of ['models', 'runs', 'deployments'])
      expect((await bondx(`list --${what} --limit 1`)).err).toBe('there are more: --limit shows more\n');
    const verification = await bondx('audit verify --json');
    const { status, head } = JSON.parse(verification.out) as { status: string; head: string };
    expect(status).toBe('ok');
    expect((await bondx(`audit verify --head ${head}`)).code).toBe(0);
    expect((await bondx('audit verify --head sha256:elsewhere')).code).toBe(3);
    expect((await bondx('audit export --to audit.jsonl')).code).toBe(0);
    expect((await bondx(`audit verify --file audit.jsonl --head ${head}`)).code).toBe(0);
    expect((await bondx('audit verify --file audit.jsonl --head sha256:elsewhere')).code).toBe(3);
    expect((await bondx('audit verify --anchors misspelled.jsonl')).code).toBe(1);
    expect((await bondx('audit list --action registry.promote')).out.match(/for admin/g)).toHaveLength(2);
    const newest = await bondx('audit list --newest --limit 1 --decision allow');
    expect(newest.out.trim().split('\n').at(-1)).toMatch(/canary|deploy/);
    expect(newest.err).toContain('there may be more');
  }, 60_000);

  it('rolls back, and refuses with every gate that failed', async () => {
    await bondx('train --model spread --data data.csv');
    for (let i = 0; i < 2; i++) {
      await bondx('register --model spread --path ./models/spread_v1');
      await bondx(`promote --model spread --version 1.0.${i} --stage staging`);
      await bondx(`promote --model spread --version 1.0.${i} --stage production`);
    }
    expect((await bondx('rollback --model spread --reason wrong')).out).toContain('spread 1.0.0 is back in production');
    writeFileSync(
      join(folder, 'strict.yaml'),
      policy.replace('require_bias_testing: false', 'require_bias_testing: true'),
    );
    await bondx('register --model spread --path ./models/spread_v1');
    await bondx('promote --model spread --version 1.0.2 --stage staging');
    const refused = await bondx('promote --config strict.yaml --model spread --version 1.0.2 --stage production');
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.out).toContain('bias_testing (not_assessed)');
  }, 60_000);

  it('retrains by hand, and says why it does not', async () => {
    const first = await bondx('retrain --model spread --data data.csv');
    expect(first).toMatchObject({
      code: 0,
      out: expect.stringContaining('registered 1.0.0: the first version') as string,
    });
    await bondx('promote --model spread --version 1.0.0 --stage staging');
    await bondx('promote --model spread --version 1.0.0 --stage production');
    const second = await bondx('retrain --model spread --data data.csv --json');
    const { status, reason, retrainingId } = JSON.parse(second.out) as Record<string, string>;
    expect(second.code).toBe(3);
    expect([status, reason]).toEqual(['rejected', expect.stringContaining('not proved better than 1.0.0')]);
    expect((await bondx(`retrain --resume ${retrainingId}`)).code).toBe(3);
    const idle = await bondx('retrain --due --model spread --data data.csv');
    expect(idle).toMatchObject({
      code: 0,
      out: expect.stringContaining('skipped: there is no drift report') as string,
    });
  }, 60_000);

  const wrong: [string, number, string][] = [
    ['retrain --model spread', 2, '--model and --data, or --resume'],
    ['retrain --resume nowhere', 1, 'there is no retraining nowhere'],
    ['evaluate --model spread --version 9.9.9 --test-data data.csv', 1, 'there is no model spread'],
    ['drift-check --model spread --baseline missing.csv --current data.csv', 1, 'missing.csv'],
    ['drift-check --model spread --baseline data.csv --current data.csv --until 2021-01-01', 2, 'go with --windows'],
    ['drift-check --model spread --baseline data.csv --current data.csv --windows kind', 2, 'it needs dates'],
    ['drift-check --model spread --baseline data.csv --current data.csv --tests g_tets', 2, 'did you mean "g_test"?'],
    [
      'drift-check --model spread --baseline a.csv --current a.csv --windows date --tests g_test',
      2,
      'without --windows',
    ],
    ['promote --model spread --version 1.0.1 --stage nowhere', 2, '--stage must be one of Development'],
    ['deploy --model spread --version 1.0.1 --traffic 1.5', 2, 'fraction from 0 to 1'],
    ['deploy --model spread --version 1.0.1 --traffic abc', 2, 'fraction from 0 to 1'],
    ['deploy --model spread --version 1.0.1 --step 0:x', 2, 'hours from 0'],
    ['deploy --model spread --version 1.0.1 --step 0.1:1:1:1', 2, 'traffic[:hours[:requests]]'],
    ['train --model spread --data data.csv --algorithm oracle', 1, 'there is no trainer "oracle"'],
    ['train --model spread --data data.csv --algorithm command', 2, 'is run by a retraining'],
    ['train --data data.csv', 2, "required option '--model <name>'"],
    ['train --model spread --data data.csv --typ x', 2, 'Did you mean --type?'],
    ['trian --model spread', 2, 'Did you mean train?'],
    ['canary status --model spread', 1, 'spread has had no canary'],
    ['list --models --deployments', 2, 'choose one'],
    ['list --runs --stage production', 2, '--stage goes with --models'],
    ['audit verify --anchors .', 1, 'is a folder'],
    ['audit verify --file .', 1, 'is a folder'],
    ['audit anchor --to .', 1, 'is a folder'],
    ['list --limit 0', 2, 'whole number from 1'],
    ['list --config nowhere.yaml', 2, 'nowhere.yaml'],
    ['register --model spread --path nowhere', 1, 'no file or folder at nowhere'],
    ['train --model other --data data.csv', 2, 'models.other.feature_columns'],
  ];
  it.each(wrong)('answers %j with code %i and a message', async (line, code, message) => {
    const result = await bondx(line);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
    expect(result.err).not.toMatch(/ {4}at |defect/);
    expect(result.out).toBe('');
  });

  it('lets no name from a file move the cursor, nor turn what is read', async () => {
    writeFileSync(join(folder, 'evil.csv'), 'maturity,\u001b[2Jz\u202e\n1,2\n');
    for (const debug of ['', ' --debug']) {
      const { code, err } = await bondx(`train --model spread --data evil.csv${debug}`);
      expect(code).toBe(2);
      expect(err).toContain('\\u001b[2Jz\\u202e');
      expect(err).not.toMatch(/[\u001b\u202e]/);
    }
  });

  it('locates a mistake in the policy', async () => {
    writeFileSync(join(folder, 'policy.yaml'), 'drift:\n  psi_treshold: 0.2\n');
    const { code, err } = await bondx('list');
    expect(code).toBe(2);
    expect(err).toMatch(/policy\.yaml:2:3: drift\.psi_treshold: .*psi_threshold/);
  });

  it('shows help with examples, for the program and for each command', async () => {
    expect(await bondx('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes:') as string });
    for (const command of [
      'train',
      'retrain',
      'register',
      'evaluate',
      'promote',
      'rollback',
      'drift-check',
      'deploy',
      'canary status',
      'canary halt',
      'list',
      'audit verify',
      'audit list',
    ]) {
      const { code, out } = await bondx(`${command} --help`);
      expect(code).toBe(0);
      expect(out).toContain(`$ bondx-mlops ${command}`);
    }
  });

  it('says that there is nothing yet', async () => {
    expect((await bondx('list')).out).toBe('no model versions\n');
    expect((await bondx('list --deployments')).out).toBe('no deployments\n');
    expect((await bondx('list --runs')).out).toBe('no runs\n');
    expect((await bondx('audit list')).out).toBe('no records\n');
    expect((await bondx('audit verify')).out).toContain('ok: 0 records');
  });

  it('shows where a defect happened only when asked', async () => {
    writeFileSync(join(folder, 'models.csv'), 'x,kind,y\n');
    const { code, err } = await bondx('train --model spread --data models.csv --debug');
    expect(code).toBe(2);
    expect(err).toContain('    at ');
    expect(existsSync(join(folder, 'models'))).toBe(false);
  });

  it('does not let data forge lines or colours', async () => {
    const rows = smallRows(300);
    csv('a.csv', rows);
    csv(
      'b.csv',
      rows.map((row) => ({ ...row, kind: '\u001b[31mred' })),
    );
    const { out } = await bondx('drift-check --model spread --baseline a.csv --current b.csv');
    expect(out).toContain('\\u001b[31mred');
    expect(out).not.toContain('\u001b[31m');
  });
});

it('drift-check --tests prints the tests that were asked for beside', async () => {
  const { out } = await bondx(
    'drift-check --model spread --baseline more.csv --current shifted.csv --tests ks_two_sample,g_test,energy_distance',
  );
  expect(out).toMatch(/tests of +test +statistic +p +p, adjusted/);
  expect(out).toMatch(/x +ks_two_sample +0\.\d+ +\S+ +\S+/);
  expect(out).toMatch(/kind +g_test +\S+ +\S+ +\S+/);
  expect(out).toMatch(/together \(1\) +energy_distance/);
});

describe('drift-check --windows', () => {
  it('judges the windows that are complete, and goes on with them the next time', async () => {
    const [quiet, moved] = [smallRows(1000, { seed: 2 }), smallRows(1000, { seed: 3, shift: 6, year: 2021 })];
    csv('today.csv', quiet);
    csv('tomorrow.csv', [...quiet, ...moved]);
    const check = 'drift-check --model spread --baseline more.csv --windows date --window-days 90';
    const first = await bondx(`${check} --current today.csv`);
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('3 windows judged, 0 drifted') as string });
    expect(first.out).toMatch(/rows from 2020-09-27 wait for their window to be complete/);
    const second = await bondx(`${check} --current tomorrow.csv`);
    expect(second.code).toBe(3);
    expect(second.out).toContain('sequence default: 5 windows judged');
    expect(second.out).toMatch(/5 +2020-12-26 +2021-03-26 +\d+ +drifted +\S+ +.*x/);
    expect(second.out).toMatch(/\d+ rows belong to windows that were judged before/);
    expect(await bondx(`${check} --current tomorrow.csv`)).toEqual(second); // as if the first one had been killed
    writeFileSync(join(folder, 'none.csv'), 'date,x,kind,y\n'); // as of a feed that is down
    const missing = await bondx(`${check} --current none.csv --until 2022-06-30`);
    expect(missing).toMatchObject({ code: 3, out: expect.stringContaining('not_assessed') as string });
  });
});

describe('what a script reads', () => {
  it('is one JSON document on standard output, with remarks on standard error', async () => {
    const { out } = await bondx('drift-check --model spread --baseline more.csv --current shifted.csv --json');
    expect(JSON.parse(out)).toMatchObject({ verdict: 'drifted', driftedFeatures: ['x'] });
    expect(readFileSync(join(folder, 'policy.yaml'), 'utf8')).toBe(policy);
  });
});
