/**
 * How long the built package takes to be there: importing the core, requiring it, `bondx-mlops --help`; the median of 20
 * fresh processes each, by turns with an empty one. On a busy machine, ask for several repeats: the least median counts.
 * The processor time says how much of it was work, and how much waiting for others.
 *
 * Usage: npm run build && npm run bench:startup [-- REPEATS]. The exit code is 1 where a target is not met.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const rounds = 20;
const repeats = Number(process.argv[2] ?? 1);
const dist = resolve('dist');
const timed = (load: string): string =>
  `const began = performance.now(), used = process.cpuUsage();
  ${load}.then(() => {
    const elapsed = performance.now() - began, { user, system } = process.cpuUsage(used);
    console.log(JSON.stringify({ elapsed, processor: (user + system) / 1000 }));
  })`;

interface Measured {
  readonly elapsed: number;
  readonly processor?: number;
}

/** Arguments of node, the target in milliseconds, and who holds the watch: the process itself, or its parent. */
const cases: Readonly<Record<string, { args: readonly string[]; target?: number; isTimedInside?: boolean }>> = {
  "node -e ''": { args: ['-e', ''] },
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

function measure({ args, isTimedInside }: (typeof cases)[string]): Measured {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const elapsed = performance.now() - began;
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed: ${stderr}`);
  return isTimedInside === true ? (JSON.parse(stdout) as Measured) : { elapsed };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

const best = new Map<string, Measured>();
for (let repeat = 0; repeat < repeats; repeat++) {
  const measured = new Map<string, Measured[]>(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, one] of Object.entries(cases)) measured.get(name)!.push(measure(one));
  }
  for (const [name, all] of measured) {
    const found = {
      elapsed: median(all.map(({ elapsed }) => elapsed)),
      processor: median(all.map(({ processor = NaN }) => processor)),
    };
    const { elapsed = Infinity } = best.get(name) ?? {};
    if (found.elapsed < elapsed) best.set(name, found);
  }
}

const ms = (value: number): string => `${value.toFixed(0)} ms`;
console.table(
  Object.entries(cases).map(([what, { target }]) => {
    const { elapsed, processor = NaN } = best.get(what)!;
    return {
      what,
      median: ms(elapsed),
      processor: Number.isNaN(processor) ? '' : ms(processor),
      target: target === undefined ? '' : `< ${ms(target)}`,
      verdict: target === undefined ? '' : elapsed < target ? 'met' : 'not met',
    };
  }),
);
const missed = Object.entries(cases).filter(([name, { target = Infinity }]) => best.get(name)!.elapsed >= target);
const [load] = loadavg();
console.log(
  `${missed.length === 0 ? 'met' : `not met: ${missed.map(([name]) => name).join(', ')}`} (${repeats} × ${rounds} processes each, load ${load!.toFixed(1)})`,
);
if (missed.length > 0) process.exitCode = 1;
