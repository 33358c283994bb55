/**
 * What drift detection costs: one column against SciPy in the same run (against sorting where Python has none), growth with
 * the number of rows, memory and event-loop delay of a check of 20 columns × 1M rows, and memory of a check of a CSV file that
 * is never held. Usage: npm run bench:drift [megabytes of the CSV file, 1000 unless told; or `column`, `wide` or
 * `file [megabytes, 200 unless told]` for that part alone]. Single computations are timed in processor time of one thread
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DriftMonitor, MLOpsConfig, MemoryArtifactStore, MemoryStorage, createRandom, type Random } from '@bondx/mlops';
import { compareSamples } from '../src/stats/compare-samples.js';
import { jensenShannon } from '../src/stats/jensen-shannon.js';
import { psiEstimate } from '../src/stats/psi.js';

const run = promisify(execFile);
const peer = `
import json, sys, time
import numpy as np
from scipy.stats import ks_2samp, wasserstein_distance
a, b = np.fromfile(sys.argv[1]), np.fromfile(sys.argv[2])
times = []
for _ in range(6):
    start = time.process_time()
    ks = ks_2samp(a, b).statistic
    w1 = wasserstein_distance(a, b)
    edges = np.r_[-np.inf, np.quantile(a, np.linspace(.1, .9, 9)), np.inf]
    np.histogram(a, edges); np.histogram(b, edges)
    times.append(time.process_time() - start)
print(json.dumps({"ms": 1000 * sorted(times[1:])[2], "ks": ks, "w1": w1}))
`;

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

const shapes: Record<string, (random: Random) => number> = {
  normal,
  lognormal: (random) => Math.exp(2 * normal(random)),
  'ten values': (random) => Math.floor(random.next() * 10),
  'mostly zero': (random) => (random.next() < 0.6 ? 0 : normal(random)),
};

const columnOf = (rows: number, seed: string, draw: (random: Random) => number): Float64Array => {
  const random = createRandom(seed);
  return Float64Array.from({ length: rows }, () => draw(random));
};

function ours(reference: Float64Array, current: Float64Array) {
  const compared = compareSamples(reference, current);
  const { referenceCounts, currentCounts } = compared;
  return {
    compared,
    psi: psiEstimate(referenceCounts, currentCounts),
    js: jensenShannon(referenceCounts, currentCounts),
  };
}

/** Of processor time, all threads of the process: what else runs on the machine does not count. */
function processorMs(work: () => unknown): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

/** Once compiled: the first calls also pay for compiling, in other threads. */
function medianMs(work: () => unknown, warmUps = 15): number {
  for (let i = 0; i < warmUps; i++) work();
  const times = Array.from({ length: 7 }, () => processorMs(work));
  return times.sort((a, b) => a - b)[3]!;
}

async function againstPeer(): Promise<void> {
  console.log('One column, 1M against 1M: median processor time of runs after warm-up, 15 runs here and one in Python');
  const folder = mkdtempSync(join(tmpdir(), 'bench-drift-'));
  const rows: Record<string, string | number>[] = [];
  try {
    for (const [name, draw] of Object.entries(shapes)) {
      const [a, b] = [columnOf(1_000_000, `${name}/a`, draw), columnOf(1_000_000, `${name}/b`, draw)];
      const files = [join(folder, 'a.bin'), join(folder, 'b.bin')];
      [a, b].forEach((values, i) => writeFileSync(files[i]!, new Uint8Array(values.buffer)));
      const first = processorMs(() => ours(a, b));
      const ms = medianMs(() => ours(a, b));
      const { compared } = ours(a, b);
      const python = await run('python3', ['-c', peer, ...files], { env: { ...process.env, OMP_NUM_THREADS: '1' } })
        .then(({ stdout }) => JSON.parse(stdout) as { ms: number; ks: number; w1: number })
        .catch(() => undefined);
      const sorting = medianMs(() => [a.toSorted(), b.toSorted()], 1);
      rows.push({
        column: name,
        'KS + W1 + PSI + JS, ms': ms.toFixed(1),
        'first run, ms': first.toFixed(0),
        'SciPy, ms': python?.ms.toFixed(0) ?? 'not here',
        'times as fast': ((python?.ms ?? sorting) / ms).toFixed(1),
        'than two sorts': (sorting / ms).toFixed(1),
        'KS differs by': python === undefined ? '' : Math.abs(python.ks - compared.ks.statistic).toExponential(0),
        'W1 differs by':
          python === undefined ? '' : Math.abs(python.w1 / compared.wasserstein.value - 1).toExponential(0),
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.table(rows);
}

function growth(): void {
  console.table(
    [100_000, 1_000_000, 10_000_000].map((rows) => {
      const [a, b] = [columnOf(rows, 'a', normal), columnOf(rows, 'b', normal)];
      const ms = medianMs(() => ours(a, b), 5);
      return { 'rows a side': rows, ms: ms.toFixed(1), 'ns a value': ((ms * 1e6) / (2 * rows)).toFixed(1) };
    }),
  );
}

/** In a process of its own, whose memory nothing else has touched. */
async function wideCheck(): Promise<void> {
  const before = process.memoryUsage();
  const data = (seed: string, shift: number): Record<string, Float64Array> =>
    Object.fromEntries(
      Array.from({ length: 20 }, (_, c) => {
        const random = createRandom(`${seed}${c}`);
        const values = new Float64Array(1_000_000);
        for (let i = 0; i < values.length; i++) values[i] = random.next() + random.next() + (c === 3 ? shift : 0);
        return [`c${c}`, values];
      }),
    );
  const [baselineData, currentData] = [data('a', 0), data('b', 0.5)];
  const bytes = 2 * 20 * 8_000_000;
  const monitor = new DriftMonitor(MLOpsConfig.default({ environment: {} }), {
    storage: new MemoryStorage(),
    artifacts: new MemoryArtifactStore(),
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let peakRss = 0;
  let peakBuffers = 0;
  const sampling = setInterval(() => {
    const { rss, arrayBuffers } = process.memoryUsage();
    peakRss = Math.max(peakRss, rss);
    peakBuffers = Math.max(peakBuffers, arrayBuffers);
  }, 5);
  delay.enable();
  const began = performance.now();
  const report = await monitor.detectDrift({
    modelName: 'bench',
    featureColumns: Object.keys(baselineData),
    baselineData,
    currentData,
  });
  const ms = performance.now() - began;
  delay.disable();
  clearInterval(sampling);
  console.table([
    {
      '20 columns × 1M rows': `drifted: ${report.driftedFeatures.join()}`,
      'time, s': (ms / 1000).toFixed(2),
      'memory over the empty process / data': ((peakRss - before.rss) / bytes).toFixed(2),
      'array buffers / data': (peakBuffers / bytes).toFixed(2),
      'event loop delay p99, ms': (delay.percentile(99) / 1e6).toFixed(1),
      'longest, ms': (delay.max / 1e6).toFixed(1),
    },
  ]);
  await monitor.close();
}

/** A CSV file of 20 columns and about the given size, its rows a block repeated. */
async function writeCsv(path: string, megabytes: number): Promise<void> {
  const random = createRandom('csv');
  const line = (): string => `${Array.from({ length: 20 }, () => (100 * random.next()).toFixed(4)).join()}\n`;
  const block = Array.from({ length: 20_000 }, line).join('');
  const file = await open(path, 'w');
  await file.write(`${Array.from({ length: 20 }, (_, c) => `c${c}`).join()}\n`);
  for (let written = 0; written < megabytes * 1e6; written += block.length) await file.write(block);
  await file.close();
}

/** In a process of its own: a file checked against itself without being held. */
async function checkCsv(path: string): Promise<void> {
  const monitor = new DriftMonitor(MLOpsConfig.default({ environment: {} }), {
    storage: new MemoryStorage(),
    artifacts: new MemoryArtifactStore(),
  });
  const emptyMb = process.resourceUsage().maxRSS / 1e3;
  const began = performance.now();
  const used = process.cpuUsage();
  const report = await monitor.detectDrift({
    modelName: 'bench',
    featureColumns: Array.from({ length: 20 }, (_, c) => `c${c}`),
    baselineData: path,
    currentData: path,
    streaming: true,
  });
  const { user, system } = process.cpuUsage(used);
  console.table([
    {
      'CSV, MB, read twice': (statSync(path).size / 1e6).toFixed(0),
      rows: report.inputs.currentRows,
      verdict: report.verdict,
      'time, s': ((performance.now() - began) / 1000).toFixed(1),
      'processor time, s': ((user + system) / 1e6).toFixed(1),
      'peak RSS, MB': (process.resourceUsage().maxRSS / 1e3).toFixed(0),
      'RSS before, MB': emptyMb.toFixed(0),
    },
  ]);
  await monitor.close();
}

/** Runs a part of this benchmark in a process of its own. */
async function apart(...args: readonly string[]): Promise<void> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), ...args]);
  process.stdout.write(stdout);
}

async function bigFile(megabytes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-csv-'));
  try {
    await writeCsv(join(folder, 'big.csv'), megabytes);
    await apart('csv', join(folder, 'big.csv'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[2] === 'wide') await wideCheck();
else if (process.argv[2] === 'column') await againstPeer();
else if (process.argv[2] === 'csv') await checkCsv(process.argv[3]!);
else if (process.argv[2] === 'file') await bigFile(Number(process.argv[3] ?? 200));
else {
  await againstPeer();
  growth();
  await apart('wide');
  await bigFile(Number(process.argv[2] ?? 1000));
}
