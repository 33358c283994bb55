import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { MLOpsConfig } from '@bondx/mlops';
import { describe, expect, it, vi } from 'vitest';
import { paintVerdict } from '../../src/cli/paint.js';
import { smallRows } from '../helpers.js';
import { bondx, home, inFolderWith } from './in-folder.js';

function csv(path: string, rows: readonly Readonly<Record<string, string | number | null>>[]): void {
  const lines = rows.map((row) =>
    Object.values(row)
      .map((value) => value ?? '')
      .join(','),
  );
  writeFileSync(path, [Object.keys(rows[0]!).join(','), ...lines].join('\n'));
}

inFolderWith();

describe('init', () => {
  it('writes a policy for the columns of a file, from which a model trains at once', async () => {
    csv(
      'data.csv',
      smallRows(300).map(({ x, ...row }) => ({ ...row, 'coupon: %': x })),
    );
    expect(await bondx('init', '--data', 'data.csv', '--target', 'y')).toMatchObject({ code: 0 });
    const { policy } = MLOpsConfig.fromYaml('policy.yaml');
    expect(policy.models['spread']).toMatchObject({
      featureColumns: ['kind', 'coupon: %'],
      targetColumn: 'y',
      task: 'regression',
      timeColumn: 'date',
    });
    expect(await bondx('train', '--model', 'spread', '--data', 'data.csv')).toMatchObject({ code: 0 });
  });

  it('learns from no column that names things, and says so', async () => {
    csv(
      'data.csv',
      smallRows(100).map((row, i) => ({ security_id: i % 7, ISIN: `XS${i % 9}`, liquid: i % 3, ...row })),
    );
    const { out } = await bondx('init', '--data', 'data.csv', '--target', 'y');
    expect(out).toContain('3 features, target y; left out security_id, ISIN');
    expect(MLOpsConfig.fromYaml('policy.yaml').policy.models['spread']!.featureColumns).toEqual([
      'liquid',
      'x',
      'kind',
    ]);
    expect(readFileSync('policy.yaml', 'utf8')).toContain('# Left out, as they name things: security_id, ISIN');
  });

  it('sees a classification in a target of 0 and 1', async () => {
    csv(
      'data.csv',
      smallRows(100).map((row) => ({ ...row, y: Number(row.y > 12) })),
    );
    await bondx('init', 'other.yaml', '--data', 'data.csv', '--target', 'y', '--model', 'downgrade');
    expect(MLOpsConfig.fromYaml('other.yaml').policy.models['downgrade']!.task).toBe('classification');
  });

  it('refuses a target that cannot be trained on, before it writes a policy for it', async () => {
    csv(
      'data.csv',
      smallRows(100).map((row) => ({ ...row, y: row.y > 12 ? 'good' : 'bad' })),
    );
    expect(await bondx('init', '--data', 'data.csv', '--target', 'y')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a target must be numeric, or false and true') as string,
    });
    expect(existsSync('policy.yaml')).toBe(false);
  });

  it('prints commands that a shell takes, for a path with spaces', async () => {
    csv("last year's.csv", smallRows(300));
    const { out } = await bondx('init', '--data', "last year's.csv", '--target', 'y');
    const command = /^ {2}bondx-mlops (train .*)$/m.exec(out)![1]!;
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(words).toEqual(['train', '--model', 'spread', '--data', "last year's.csv"]);
    expect(await bondx(...words)).toMatchObject({ code: 0 });
  });

  it('writes where --config says, and names that policy in the commands that it prints', async () => {
    csv('data.csv', smallRows(300));
    const args = ['--data', 'data.csv', '--target', 'y'];
    for (const [file, ...words] of [
      ['an other.yaml', 'an other.yaml'],
      ['second.yaml', '--config', 'second.yaml'],
    ] as const) {
      const { code, out } = await bondx('init', ...words, ...args);
      expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(`wrote ${file}`) as string });
      const command = /^ {2}bondx-mlops (train .*)$/m.exec(out)![1]!;
      expect(command).toMatch(file === 'second.yaml' ? / --config second\.yaml$/ : / --config 'an other\.yaml'$/);
    }
    expect(existsSync('policy.yaml')).toBe(false);
    expect((await bondx('init', './policy.yaml', ...args)).out).not.toContain('--config');
  });

  it('writes a valid policy without data', async () => {
    expect(await bondx('init')).toMatchObject({ code: 0 });
    expect(MLOpsConfig.fromYaml('policy.yaml').policy.models['spread']!.targetColumn).toBe('spread_bps');
  });

  it('never writes over a file, and names the nearest column', async () => {
    writeFileSync('mine.yaml', 'seed: 1\n');
    expect(await bondx('init', 'mine.yaml')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is there already') as string,
    });
    expect(readFileSync('mine.yaml', 'utf8')).toBe('seed: 1\n');
    csv('data.csv', smallRows(30));
    const { code, err } = await bondx('init', '--data', 'data.csv', '--target', 'knd');
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "kind"?') as string });
    expect(await bondx('init', '--data', 'data.csv')).toMatchObject({ code: 2 });
  });
});

describe('a store that is not there', () => {
  it('is told of, since an empty one that is made answers as if nothing had ever been done', async () => {
    vi.stubEnv('BONDX_STORAGE__PATH', './elsewhere');
    const first = await bondx('list');
    expect(first).toMatchObject({ code: 0, out: 'no model versions\n' });
    expect(first.err).toMatch(
      /^there is no store in .*elsewhere yet, and no policy\.yaml in this folder: --config names/,
    );
    expect((await bondx('list')).err).toBe('');
    vi.unstubAllEnvs();
    await bondx('init');
    expect((await bondx('audit', 'verify')).err).toMatch(/^there is no store in \S+data yet\n$/);
    expect((await bondx('audit', 'verify')).err).toBe('');
  });

  it.each(['--json', '--quiet'])('is told of with %s too: a script would believe the answer', async (option) => {
    const { code, out, err } = await bondx('audit', 'verify', option);
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringMatching(/^there is no store in /) as string });
    if (option === '--json') expect(JSON.parse(out)).toMatchObject({ records: 0 });
  });
});

describe('an interruption while a command is being read', () => {
  it('is heeded: what follows is over in a moment and looks at no signal', async () => {
    const ended = bondx('init');
    process.emit('SIGINT');
    expect(await ended).toEqual({ code: 130, out: '', err: 'error: interrupted before anything was done\n' });
    expect(existsSync('policy.yaml')).toBe(false);
  });
});

describe('a folder that was removed', () => {
  it('is told of, and is no defect', async () => {
    vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), {
        code: 'ENOENT',
        syscall: 'uv_cwd',
      });
    });
    const { code, err } = await bondx('list');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: the folder that you are in was removed; change to one that is there\n',
    });
  });
});

describe('show', () => {
  it('prints the card of the version in production or the newest, and a drift report', async () => {
    csv('data.csv', smallRows(300));
    csv('current.csv', smallRows(2000, { seed: 2, shift: 4 }));
    await bondx('init', '--data', 'data.csv', '--target', 'y');
    await bondx('train', '--model', 'spread', '--data', 'data.csv');
    await bondx('register', '--model', 'spread', '--path', 'models/spread_v1');
    const card = await bondx('show', '--model', 'spread');
    expect(card).toMatchObject({ code: 0, out: expect.stringContaining('# spread 1.0.0') as string });
    const check = ['drift-check', '--model', 'spread', '--baseline', 'data.csv', '--current', 'current.csv'];
    const { reportId } = JSON.parse((await bondx(...check, '--json')).out) as { reportId: string };
    expect(await bondx('show', '--report', reportId)).toMatchObject({
      code: 0,
      out: expect.stringContaining('spread: drifted') as string,
    });
    expect(await bondx('show')).toMatchObject({ code: 2 });
    expect(await bondx('show', '--model', 'sprd')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no model sprd') as string,
    });
  });
});

describe('a misspelled model', () => {
  it('is answered with the one of the policy that is nearest', async () => {
    csv('data.csv', smallRows(300));
    await bondx('init', '--data', 'data.csv', '--target', 'y');
    const files = ['--baseline', 'data.csv', '--current', 'data.csv'];
    for (const command of [
      ['train', '--data', 'data.csv'],
      ['drift-check', ...files],
    ]) {
      const { code, err } = await bondx(...command, '--model', 'spred');
      expect({ code, err }).toEqual({
        code: 2,
        err: expect.stringContaining('did you mean the model spread?') as string,
      });
    }
  });
});

describe('--version', () => {
  it('alone is the version of the program; of a command it is that of a model', async () => {
    const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
    expect(await bondx('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
    expect(await bondx('-V')).toEqual({ code: 0, out: `${version}\n`, err: '' });
    const { out, err } = await bondx('show', '--model', 'spread', '--version', '1.0.0');
    expect({ out, err }).toEqual({ out: '', err: expect.stringMatching(/no (model|version).*spread/) as string });
  });
});

describe('completion', () => {
  it('offers sub-commands, and the options of the command typed so far', async () => {
    const { out } = await bondx('completion', 'bash');
    writeFileSync('completion.sh', out);
    const offered = (...words: string[]): string[] =>
      execFileSync(
        'bash',
        [
          '-c',
          `source completion.sh; COMP_WORDS=(bondx-mlops "$@"); COMP_CWORD=$#; _bondx_mlops; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'bash',
          ...words,
        ],
        { encoding: 'utf8' },
      )
        .trim()
        .split('\n');
    expect(offered('dri')).toEqual(['drift-check']);
    expect(offered('canary', 'ro')).toEqual(['rollback']);
    expect(offered('canary', 'halt', '--mo')).toEqual(['--model']);
    expect(offered('drift-check', '--base')).toEqual(['--baseline']);
  });

  it('refuses another shell', async () => {
    expect(await bondx('completion', 'tcsh')).toMatchObject({ code: 2 });
    expect((await bondx('completion', 'fish')).out).toContain("-n '__fish_seen_subcommand_from canary' -a halt");
  });
});

describe('colours', () => {
  const onTerminal = <T>(isTTY: boolean, task: () => T): T => {
    const before = process.stdout.isTTY;
    process.stdout.isTTY = isTTY;
    try {
      return task();
    } finally {
      process.stdout.isTTY = before;
    }
  };

  it('mark the verdict of the first line on a terminal only', () => {
    const text = 'spread: drifted, retraining required\nyield stable';
    vi.stubEnv('NO_COLOR', '');
    vi.stubEnv('TERM', 'xterm');
    const painted = onTerminal(true, () => paintVerdict(text, true));
    expect(painted).toContain('\u001b[31mdrifted');
    expect(painted.split('\n')[1]).toBe('yield stable');
    expect(onTerminal(false, () => paintVerdict(text, true))).toBe(text);
    expect(onTerminal(true, () => paintVerdict(text, false))).toBe(text);
    const head = 'model   stage       registered                by';
    expect(onTerminal(true, () => paintVerdict(head, true))).toBe(head);
    const none = '10 copied, 0 unchanged, 0 refused';
    expect(onTerminal(true, () => paintVerdict(none, true))).toBe(none);
    expect(onTerminal(true, () => paintVerdict('10 refused', true))).toContain('\u001b[31mrefused');
    vi.stubEnv('TERM', 'dumb');
    expect(onTerminal(true, () => paintVerdict(text, true))).toBe(text);
    vi.stubEnv('TERM', 'xterm');
    vi.stubEnv('NO_COLOR', '1');
    expect(onTerminal(true, () => paintVerdict(text, true))).toBe(text);
    vi.unstubAllEnvs();
  });
});

describe('a new store in production', () => {
  it('gets its keys and its first token from the operating-system user, in staging', async () => {
    const { username } = userInfo();
    writeFileSync(
      'policy.yaml',
      `environment: production\naccess: { bindings: [{ principal: ${username}, role: admin }] }\nkeys: { path: ./keys.json }\n`,
    );
    expect(await bondx('keys', 'create')).toMatchObject({ code: 1, err: expect.stringContaining('--token') as string });
    vi.stubEnv('BONDX_ENV', 'staging');
    expect(await bondx('keys', 'create')).toMatchObject({ code: 0 });
    const { token } = JSON.parse((await bondx('tokens', 'create', '--json')).out) as { token: string };
    vi.stubEnv('BONDX_ENV', undefined);
    expect(await bondx('keys', 'list')).toMatchObject({ code: 1 });
    expect(await bondx('keys', 'list', '--token', token)).toMatchObject({ code: 0 });
    vi.unstubAllEnvs();
  });
});
