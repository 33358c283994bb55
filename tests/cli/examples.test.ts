import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ApiToken, BackupStatus, KeyInfo, PromotionRequest } from '@bondx/mlops';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildProgram } from '../../src/cli/run.js';
import { compileProgram } from './compiled-program.js';
import { type ExampleProjects, type MadeIds, type Moment, prepareProjects } from './example-project.js';

/** The program and all commands in it, by what one types to reach them. */
function allOf(command: Command, path: readonly string[] = []): (readonly [path: string, command: Command])[] {
  return [[path.join(' '), command], ...command.commands.flatMap((child) => allOf(child, [...path, child.name()]))];
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

const commands = allOf(buildProgram(new AbortController().signal, () => undefined)).map(([path, command]) => ({
  path,
  isGroup: command.commands.length > 0,
  examples: [...helpOf(command).matchAll(/^ {2}\$ (bondx-mlops .*)$/gm)].map((match) => match[1]!),
}));

/** How an example is run, where that is not: as it stands, in a project that serves a model, with exit code 0. */
interface Circumstances {
  /** `serving` unless told, or that of what is run before it. */
  readonly moment?: Moment;
  /** Commands whose examples are run before it. */
  readonly after?: readonly string[];
  /** A line of the shell that is run then. */
  readonly then?: string;
  /** What the ids in the example are there, in their order: as written they are nobody's. `ask` runs a command. */
  readonly ids?: (
    made: MadeIds,
    ask: (command: string) => Promise<string>,
  ) => readonly string[] | Promise<readonly string[]>;
  /** The exit code that the command's help promises for what is found. */
  readonly code?: number;
  /** What is added, so that the machine of the test does not matter. */
  readonly extra?: string;
}

const aRequest: Circumstances = { moment: 'asked', ids: ({ request }) => [request] };
const aCanary: Circumstances = { moment: 'canary' };
const circumstances: Readonly<Record<string, Circumstances>> = {
  init: { moment: 'empty' },
  train: { moment: 'trained' },
  'keys create': { moment: 'empty' },
  register: { moment: 'trained' },
  promote: { moment: 'registered' },
  '': { code: 3 },
  'drift-check': { code: 3 },
  'approvals request': { moment: 'deciding' },
  'approvals approve': aRequest,
  'approvals reject': aRequest,
  'approvals withdraw': {
    after: ['approvals request'],
    ids: async (_made, ask) => (JSON.parse(await ask('approvals list')) as PromotionRequest[]).map((r) => r.requestId),
  },
  'approvals execute': { ...aRequest, moment: 'approved' },
  'approvals list': { moment: 'asked' },
  'canary status': aCanary,
  'canary pause': aCanary,
  'canary resume': { ...aCanary, after: ['canary pause'] },
  'canary promote': aCanary,
  'canary rollback': aCanary,
  'canary halt': aCanary,
  'canary adjust': aCanary,
  'canary evaluate': aCanary,
  'decision list': aCanary,
  'decision replay': { ...aCanary, ids: ({ decision }) => [decision] },
  'report drift': { after: ['drift-check'] },
  'report canary': aCanary,
  'report compliance': { after: ['compliance assess'] },
  'report runs': { ids: ({ runs }) => runs },
  'runs show': { ids: ({ runs }) => runs },
  'runs compare': { ids: ({ runs }) => runs },
  'audit prove': { after: ['audit checkpoint'] },
  'runs import': { after: ['runs export'] },
  'alerts acknowledge': { ids: ({ alert }) => [alert] },
  'privacy hold': aCanary,
  'privacy release': { ...aCanary, after: ['privacy hold'] },
  'privacy erase': aCanary,
  'tokens list': { after: ['tokens create'] },
  'tokens revoke': {
    after: ['tokens create'],
    ids: async (_made, ask) => (JSON.parse(await ask('tokens list')) as ApiToken[]).map((token) => token.tokenId),
  },
  'emergency list': { code: 3 },
  'emergency review': { ids: ({ emergency }) => [emergency] },
  'findings close': { ids: ({ finding }) => [finding] },
  'compliance assess': { code: 3 },
  'compliance inventory': { code: 3 },
  'evidence verify': { after: ['evidence export'] },
  restore: {
    after: ['backup'],
    then: 'rm -r data data-files',
    ids: async (_made, ask) => [basename((JSON.parse(await ask('backup --status')) as BackupStatus).newest!.path)],
  },
  'keys revoke': {
    then: 'bondx-mlops keys rotate --purpose audit_checkpoint',
    ids: async (_made, ask) => {
      const keys = JSON.parse(await ask('keys list')) as KeyInfo[];
      return keys.filter(({ status }) => status === 'retired').map(({ id }) => id);
    },
  },
  'storage rewrap': { after: ['keys rotate'] },
  ui: { extra: '--port 0' },
};

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const root = mkdtempSync(join(tmpdir(), 'cli-examples-'));
let bin: string;
let projects: ExampleProjects;
let tools: string;

beforeAll(async () => {
  bin = await compileProgram();
  projects = await prepareProjects(bin, root);
  tools = join(root, 'tools');
  mkdirSync(tools);
  writeFileSync(join(tools, 'xdg-open'), '#!/bin/sh\nprintf %s "$1" > opened.part && mv opened.part opened\n');
  chmodSync(join(tools, 'xdg-open'), 0o755);
}, 300_000);
afterAll(() => rmSync(root, { recursive: true }));

const environment = (home: string): NodeJS.ProcessEnv => ({
  PATH: `${bin}:${tools}:${process.env['PATH']}`,
  HOME: home,
});

function shell(line: string, cwd: string): Promise<Ran> {
  const options = { cwd, env: environment(cwd) };
  return new Promise((resolve) => {
    execFile('bash', ['-c', line], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** An id of examples, whole or its beginning; a token's, a key's and a backup's included. */
const madeUp =
  /\b(?:20260101T000000000Z-0a1b2c3d|0198c5a0-[-0-9a-f]+|5f3a9c0d8e7b46121f3a9c0d8e7b4612|5d4140f2a1b0c9d8)\b/g;

/** The example with ids that are there. */
async function lineOf(example: string, folder: string, { ids, extra }: Circumstances): Promise<string> {
  const ask = async (command: string): Promise<string> => (await shell(`bondx-mlops ${command} --json`, folder)).out;
  const there = [...((await ids?.(projects.ids, ask)) ?? [])];
  const line = example.replace(madeUp, (id) => {
    const real = there.shift();
    if (real === undefined) throw new Error(`say what ${id} is: ${example}`);
    return real.slice(0, id.length);
  });
  return extra === undefined ? line : `${line} ${extra}`;
}

const exampleOf = (path: string): string => commands.find((command) => command.path === path)!.examples[0]!;

async function prepare(path: string): Promise<string> {
  const folder = join(mkdtempSync(join(root, 'example-')), 'project');
  const { after = [], then = 'true', ...own } = circumstances[path] ?? {};
  const moment = own.moment ?? circumstances[after[0] ?? '']?.moment ?? 'serving';
  projects.copyTo(moment, folder);
  mkdirSync(join(folder, '../elsewhere'));
  for (const before of after) {
    const ran = await shell(await lineOf(exampleOf(before), folder, circumstances[before] ?? {}), folder);
    expect(ran, before).toMatchObject({ code: circumstances[before]?.code ?? 0 });
  }
  expect((await shell(then, folder)).code).toBe(0);
  return folder;
}

describe('the example in the help of', () => {
  it('every command is there, and no other is prepared for', () => {
    expect(commands.length).toBeGreaterThan(60);
    expect(commands.filter(({ isGroup, examples }) => !isGroup && examples.length === 0)).toEqual([]);
    const paths = commands.map(({ path }) => path);
    expect(Object.keys(circumstances).filter((path) => !paths.includes(path))).toEqual([]);
  });

  const shown = commands.filter(({ path, examples }) => path !== 'ui' && examples.length > 0);
  it.concurrent.each(shown)(
    'bondx-mlops $path works',
    async ({ path, examples }) => {
      for (const example of examples) {
        const folder = await prepare(path);
        const ran = await shell(await lineOf(example, folder, circumstances[path] ?? {}), folder);
        expect(ran, `${example}\n${ran.out}${ran.err}`).toMatchObject({ code: circumstances[path]?.code ?? 0 });
        if (!example.includes('>')) expect(ran.out.trim()).not.toBe('');
      }
    },
    120_000,
  );

  it('ui serves what it opens in the browser, until it is interrupted', async () => {
    const folder = await prepare('ui');
    const line = await lineOf(exampleOf('ui'), folder, circumstances['ui']!);
    const server = spawn('bash', ['-c', `exec ${line}`], { cwd: folder, env: environment(folder), stdio: 'ignore' });
    const exited = once(server, 'exit');
    await vi.waitUntil(() => existsSync(join(folder, 'opened')), { timeout: 20_000 });
    const page = await fetch(readFileSync(join(folder, 'opened'), 'utf8'), { redirect: 'manual' });
    expect(page.status).toBe(303);
    server.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
  });
});
