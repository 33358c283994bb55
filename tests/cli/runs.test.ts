import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ExperimentTracker, MLOpsConfig } from '@bondx/mlops';
import { fitTable } from '../../src/cli/fit-table.js';
import { splitColumns } from '../../src/cli/run-table.js';
import { bondx, inFolderWith } from './in-folder.js';

const runs = (...words: readonly string[]) => bondx('runs', ...words);

async function withTracker<T>(work: (tracker: ExperimentTracker) => Promise<T>): Promise<T> {
  await using tracker = new ExperimentTracker(MLOpsConfig.fromYaml('policy.yaml'));
  return await work(tracker);
}

/** Three runs, by name. */
async function makeRuns(): Promise<Record<string, string>> {
  return withTracker(async (tracker) => {
    const ids: Record<string, string> = {};
    for (const [i, runName] of ['first', 'second', 'third'].entries()) {
      ids[runName] = await tracker.withRun(
        { experimentName: 'spreads', runName, tags: { team: 'rates' } },
        async (r) => {
          await r.logParameters({ depth: 4 + i, task: 'regression' });
          for (const mae of [3 - i, 2.123456789 - i]) await r.logMetrics({ mae, 'val loss': i === 0 ? NaN : i });
          await r.logArtifact({ content: 'hello', name: 'notes/a.txt' });
          return r.runId;
        },
      );
    }
    await tracker.withRun({ experimentName: 'other' }, async () => undefined);
    return ids;
  });
}

inFolderWith({ 'policy.yaml': 'tracking: { log_environment: false, log_git_sha: false }\n' });

describe('bondx-mlops runs', () => {
  it('lists, searches and shows', async () => {
    const ids = await makeRuns();
    const list = await runs('list', '--experiment', 'spreads');
    expect(list).toMatchObject({ code: 0, err: '' });
    expect(list.out.trim().split('\n')).toHaveLength(4);
    expect(list.out).toMatch(/^run_id +run_name +experiment_name +status +start_time\n/);
    expect(list.out).toMatch(new RegExp(`${ids['third']} +third +spreads +completed`));

    const some = await runs('list', '--limit', '2');
    expect(some).toMatchObject({ code: 0, err: 'there are more: --limit shows more\n' });
    expect((await runs('list', '--limit', '4')).err).toBe('');

    const found = await runs(
      ...['search', '--filter', 'metrics.mae < 2', '--order-by', 'metrics.mae'],
      ...['--columns', 'run_name, params.depth,metrics.mae,metrics.mae.min,metrics.`val loss`', '--limit', '1'],
    );
    expect(found.out).toBe(
      'run_name  params.depth  metrics.mae  metrics.mae.min  metrics.`val loss`\n' +
        'third     6             0.123457     0.123457         2\n',
    );
    const json = await runs(
      'search',
      '--filter',
      "run_name = 'first'",
      '--columns',
      'run_id,metrics.`val loss`',
      '--json',
    );
    expect(JSON.parse(json.out)).toEqual([{ run_id: ids['first'], 'metrics.`val loss`': 'NaN' }]);

    const shown = await runs('show', ids['second']!);
    for (const line of [
      /experiment +spreads/,
      /status +completed/,
      /depth +5\n/,
      /mae +1\.12346 +1\.12346 at 0 +2 at 0 +2\n/,
      /team +rates/,
      /notes\/a\.txt +5 /,
    ])
      expect(shown.out).toMatch(line);
    expect(JSON.parse((await runs('show', ids['second']!, '--json')).out)).toMatchObject({ runId: ids['second'] });
  });

  it('knows a run by the beginning of its id, when there is only one', async () => {
    const ids = await makeRuns();
    const beginning = ids['first']!.slice(0, -1);
    expect((await runs('show', beginning)).out).toContain('first');
    expect(await runs('show', ids['first']!.slice(0, 2))).toMatchObject({
      code: 2,
      err: expect.stringContaining('several runs begin with') as string,
    });
    expect(await runs('show', '%')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no run %') as string,
    });
  });

  it('compares', async () => {
    const ids = await makeRuns();
    const { out } = await runs('compare', ids['first']!, ids['third']!);
    expect(out).toMatch(/≠ params\.depth +4 +6\n/);
    expect(out).toMatch(/ {2}params\.task +regression +regression\n/);
    expect(out).toMatch(/metrics\.mae +2\.12346 +0\.123457 \(-2\)\n/);
    expect((await runs('compare', ids['first']!)).code).toBe(2);
  });

  it('names the runs that a narrow terminal has no room for', async () => {
    const ids = Object.values(await makeRuns());
    const { columns } = process.stdout;
    process.stdout.columns = 20;
    try {
      const { out, err } = await runs('compare', ...ids);
      expect(out).toContain('first');
      expect(err).toBe('no room for second, third; --json shows everything\n');
    } finally {
      process.stdout.columns = columns;
    }
  });

  it('copies runs into an archive and back, and says which are refused', async () => {
    const ids = await makeRuns();
    const exported = await runs('export', 'archive', '--filter', "experiment_name = 'spreads'");
    expect(exported).toMatchObject({ code: 0, out: '3 copied, 0 brought up to date, 0 unchanged, 0 refused\n' });
    writeFileSync(
      'elsewhere.yaml',
      'data_storage_path: other-data\ntracking: { artifact_storage_path: other-files }\n',
    );
    const elsewhere = ['--config', 'elsewhere.yaml'];
    const one = await runs('import', 'archive', '--run', ids['first']!, '--json', ...elsewhere);
    expect(JSON.parse(one.out)).toEqual({ imported: [ids['first']], updated: [], unchanged: [], refused: [] });
    expect((await runs('import', 'archive', ...elsewhere)).out).toContain(
      '2 copied, 0 brought up to date, 1 unchanged',
    );
    const open = await withTracker((tracker) => tracker.startRun({ experimentName: 'spreads', heartbeat: false }));
    await runs('export', 'archive', '--run', open);
    await runs('import', 'archive', ...elsewhere);
    await withTracker((tracker) => tracker.logParameters(open, { depth: 1 }));
    await using other = new ExperimentTracker(MLOpsConfig.fromYaml('elsewhere.yaml'));
    await other.logParameters(open, { depth: 2 });
    await runs('export', 'archive');
    const refused = await runs('import', 'archive', ...elsewhere);
    expect(refused.code).toBe(3);
    expect(refused.out).toMatch(/1 refused\nrefused \(CONFLICT\): run .* differs in parameter depth/);
    expect(await runs('import', 'nowhere')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no archive of runs in nowhere') as string,
    });
  });

  it.each([
    [['search', '--filter', "statsu = 'x'"], 2, 'did you mean status?'],
    [['list', '--columns', 'run_nam'], 2, 'did you mean run_name?'],
    [['list', '--order-by', 'start_tmie'], 2, 'did you mean start_time?'],
    [['search', '--filter', 'metrics.maee < 2'], 0, 'no run has metrics.maee; did you mean metrics.mae?'],
    [['list', '--columns', 'run_id,params.dept'], 0, 'no run has params.dept; did you mean params.depth?'],
    [['list', '--columns', 'metrics.mae.min,tags.teem'], 0, 'no run has tags.teem; did you mean tags.team?'],
    [['search'], 2, "required option '--filter <filter>'"],
    [['serach'], 2, 'Did you mean search?'],
    [['list', '--columns', ','], 2, 'at least one name'],
  ])('answers %j with code %i and %s', async (args, code, message) => {
    await makeRuns();
    const result = await runs(...args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
  });

  it('shows who is bound to one model its runs, and no others', async () => {
    const ids = await makeRuns();
    const other = await withTracker(async (tracker) => (await tracker.listRuns({ experimentName: 'other' })).runs[0]!);
    const binding = `{ principal: ${JSON.stringify(userInfo().username)}, role: developer, models: [spreads] }`;
    writeFileSync('policy.yaml', `access: { bindings: [${binding}] }\n`);
    const list = await runs('list', '--experiment', 'spreads', '--columns', 'run_id,metrics.maee');
    expect(list).toMatchObject({ code: 0, err: 'no run of spreads has metrics.maee; did you mean metrics.mae?\n' });
    expect(list.out).toContain(ids['first']!);
    expect((await runs('show', ids['first']!)).code).toBe(0);
    for (const words of [['list'], ['list', '--experiment', 'other'], ['show', other.runId]]) {
      expect(await runs(...words)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('denied') as string,
      });
    }
  });

  it('says that there is nothing, and shows help with examples', async () => {
    expect(await runs('list')).toMatchObject({ code: 0, out: 'no runs\n' });
    expect((await runs('list')).err).toBe('');
    for (const command of ['list', 'search', 'show', 'compare', 'export', 'import']) {
      expect((await runs(command, '--help')).out).toContain(`$ bondx-mlops runs ${command}`);
    }
  });
});

describe('a table that fits', () => {
  const head = ['run_id', 'name', 'note'];
  const rows = [['0198c5a0-5a3e', 'a name of some length', 'naïve 👩‍👩‍👧 note of more than enough words']];

  it('is as it is where nobody looks', () => {
    expect(fitTable(head, rows, {}).text).toContain('more than enough words');
    expect(fitTable(head, rows, { width: 0 })).toEqual(fitTable(head, rows, {})); // a terminal that does not tell its width
  });

  it('shortens the widest cells and keeps those that people copy', () => {
    const { text, left } = fitTable(head, rows, { width: 45, whole: ['run_id'] });
    expect(left).toEqual([]);
    expect(text).toContain('0198c5a0-5a3e  a name of som…  naïve 👩‍👩‍👧 note…');
  });

  it('gives wide characters the two columns that a terminal gives them', () => {
    const cells = [['0198c5a0-5a3e', '国債スプレッドの変動', 'ﾊﾝｶｸ e\u0301']];
    const { text } = fitTable(head, cells, { width: 36, whole: ['run_id'] });
    expect(text).toContain('0198c5a0-5a3e  国債スプレッ…  ﾊﾝｶｸ e\u0301');
  });

  it('leaves out what there is no room for', () => {
    const { text, left } = fitTable(head, rows, { width: 20, whole: ['run_id'] });
    expect(left).toEqual(['name', 'note']);
    expect(text).toContain('0198c5a0-5a3e');
  });

  it('has columns with any names', () => {
    expect(splitColumns('run_id, metrics.`a,b`,params.c ,')).toEqual(['run_id', 'metrics.`a,b`', 'params.c']);
  });
});
