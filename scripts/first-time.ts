/**
 * What somebody does who has never seen the package: the commands of the quickstart, as the README has them, in an empty
 * folder, without a network, from nothing to a drift verdict on a CSV and a report open in the browser. Measured: at most
 * five commands in less than five minutes. Usage: npm run build && npm run first-time
 *
 * Packages come from npm's cache, which an installation that is not measured fills first. better-sqlite3 is compiled, and
 * that counts, where there is no prebuilt binary.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromiumPath, launch } from '../tests/server/browser.js';

const mostCommands = 5;
const mostSeconds = 300;
/** Exit codes that are not 0 and no failure: drift was found. */
const found = { 'drift-check': 3 };

const work = mkdtempSync(join(tmpdir(), 'first-time-'));
async function main(): Promise<void> {
  const commands = quickstart();
  if (commands.length > mostCommands) throw new Error(`the quickstart takes ${commands.length} commands`);
  const tarball = pack();
  const typed = commands.map((command) => command.replace('@bondx/mlops', tarball));
  fillCache(typed.find((command) => command.startsWith('npm install'))!);
  const folder = join(work, 'project');
  mkdirSync(folder);
  writeData(folder);
  const tools = fakeBrowser();
  const isolated = withoutNetwork();
  const [program, ...args] = [...isolated, 'sh', '-c'];
  const seconds = typed.map((command, i) => {
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(program, [...args, command], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${tools}:${process.env['PATH']}`, npm_config_offline: 'true', NO_COLOR: '1' },
    });
    const expected = Object.entries(found).find(([name]) => command.includes(name))?.[1] ?? 0;
    if (status !== expected) throw new Error(`${command}: exit code ${status}\n${stdout}${stderr}`);
    const took = (performance.now() - began) / 1000;
    console.log(`${took.toFixed(1).padStart(6)} s  ${commands[i]}`);
    if (command.includes('drift-check')) console.log(`          ${stdout.trim().split('\n')[0]}`);
    return took;
  });
  const opened = readFileSync(join(work, 'opened'), 'utf8');
  await look(opened.startsWith('file:') ? opened : pathToFileURL(resolve(folder, opened)).href);
  const total = seconds.reduce((sum, one) => sum + one, 0);
  const network =
    isolated.length > 0 ? 'without a network' : 'with npm offline (this system lets nobody take the network away)';
  const verdict = total < mostSeconds ? 'met' : 'not met';
  console.log(`${verdict}: ${commands.length} commands, ${total.toFixed(0)} s of at most ${mostSeconds}, ${network}`);
  if (total >= mostSeconds) process.exitCode = 1;
}

/** The first block of commands of the README that begins with `npm init`. It is that of docs/quickstart.md as well. */
function quickstart(): string[] {
  const [readme, guide] = ['README.md', 'docs/quickstart.md'].map((page) => {
    const blocks = [...readFileSync(page, 'utf8').matchAll(/```sh\n(npm init[\s\S]*?)```/g)];
    return blocks[0]?.[1]?.trim();
  });
  if (readme === undefined)
    throw new Error('the README has no quickstart: a block of commands that begins with npm init');
  if (readme !== guide) throw new Error('docs/quickstart.md begins with other commands than the README');
  return readme.split('\n');
}

function pack(): string {
  if (!existsSync('dist/cli.js')) throw new Error('build first: npm run build');
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', work];
  return join(work, execFileSync('npm', args, { encoding: 'utf8' }).trim());
}

function fillCache(install: string): void {
  const folder = join(work, 'cache-filler');
  mkdirSync(folder);
  execFileSync('sh', ['-c', `npm init -y && ${install} --ignore-scripts --prefer-offline`], {
    cwd: folder,
    stdio: 'pipe',
  });
}

/** Prices of Treasury bonds of one year, and of the next. */
function writeData(folder: string): void {
  const [header, ...rows] = readFileSync('examples/data/bonds-monthly-2010-2012.csv', 'utf8').trim().split('\n');
  for (const [name, year] of [
    ['last-year.csv', '2011'],
    ['this-year.csv', '2012'],
  ] as const) {
    writeFileSync(join(folder, name), [header, ...rows.filter((row) => row.startsWith(year))].join('\n'));
  }
}

/** A folder for the PATH whose xdg-open notes what it is to open. */
function fakeBrowser(): string {
  const tools = join(work, 'tools');
  mkdirSync(tools);
  const program = join(tools, 'xdg-open');
  writeFileSync(program, `#!/bin/sh\nprintf %s "$1" > '${join(work, 'opened')}'\n`);
  chmodSync(program, 0o755);
  return tools;
}

/** What to put before a command that is to have no network; nothing where that cannot be had. */
function withoutNetwork(): string[] {
  const ways = [
    ['unshare', '--net'],
    ['unshare', '--map-root-user', '--net'],
  ];
  return ways.find(([program, ...args]) => spawnSync(program!, [...args, 'true']).status === 0) ?? [];
}

/** The page says in its first screen that there is drift. */
async function look(url: string): Promise<void> {
  if (chromiumPath === undefined) {
    console.log('no Chromium here: the report was written and handed to xdg-open, and nobody looked at it');
    return;
  }
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    await page.goto(url);
    const verdict = page.locator('.verdict .word');
    const text = (await verdict.innerText()).trim();
    const box = await verdict.boundingBox();
    if (!/drift/i.test(text) || box === null || box.y + box.height > 800) {
      throw new Error(`the first screen of the report does not show the verdict, but ${JSON.stringify(text)}`);
    }
    console.log(`          Chromium shows: ${text}`);
  } finally {
    await browser.close();
  }
}

try {
  await main();
} finally {
  rmSync(work, { recursive: true, force: true });
}
