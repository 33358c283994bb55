/**
 * How long the built package takes to be there: importing the core, requiring it, `bondx-mlops --help`; the median of 20
 * fresh processes each, by turns with an empty one. Usage: npm run build && npm run bench:startup
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const rounds = 20;
const dist = resolve('dist');
const timed = (load: string): string =>
  `const began = performance.now(); ${load}.then(() => console.log(performance.now() - began))`;

/** Arguments of node, the target in milliseconds, and who holds the watch: the process itself, or its parent. */
const cases: Readonly<Record<string, { args: readonly string[]; target?: number; isTimedInside?: boolean }>> = {
  'node -e 0': { args: ['-e', '0'] },
  'import the core': {
    args: ['-e', timed(`import(${JSON.stringify(pathToFileURL(`${dist}/index.js`).href)})`)],
    target: 60,
    isTimedInside: true,
  },
  'require the core': {
    args: ['-e', timed(`Promise.resolve(require(${JSON.stringify(`${dist}/index.cjs`)}))`)],
    isTimedInside: true,
  },
  'bondx-mlops --help': { args: [`${dist}/cli.js`, '--help'], target: 150 },
};

const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, { args, isTimedInside }] of Object.entries(cases)) {
    const began = performance.now();
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8' });
    times.get(name)!.push(isTimedInside ? Number(printed) : performance.now() - began);
  }
}

let missed = 0;
const rows = Object.entries(cases).map(([name, { target }]) => {
  const sorted = times.get(name)!.sort((a, b) => a - b);
  const median = (sorted[rounds / 2 - 1]! + sorted[rounds / 2]!) / 2;
  if (target !== undefined && median >= target) missed++;
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  return {
    what: name,
    median: ms(median),
    fastest: ms(sorted[0]!),
    target: target === undefined ? '' : `< ${ms(target)}`,
  };
});
console.table(rows);
if (missed > 0) process.exitCode = 1;
