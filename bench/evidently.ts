/**
 * A drift check of tables of 20 columns, beside Evidently's `DataDriftPreset` where Python has it, on the same values in the
 * same run. Of either the second check of a process is timed, without reading the values: the first also loads and compiles.
 *
 *   npm run bench:evidently [-- rows, 1000 and 100000 unless told]
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DriftMonitor, MLOpsConfig, MemoryArtifactStore, MemoryStorage, createRandom } from '@bondx/mlops';

const run = promisify(execFile);
const columns = Array.from({ length: 20 }, (_, i) => `c${i}`);

const peer = `
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
from importlib.metadata import version
from evidently import Report
from evidently.presets import DataDriftPreset
read = lambda path: pd.DataFrame({f"c{i}": column for i, column in enumerate(np.fromfile(path).reshape(20, -1))})
before, after = read(sys.argv[1]), read(sys.argv[2])
for _ in range(2):
    start, began = time.process_time(), time.perf_counter()
    Report([DataDriftPreset()]).run(after, before).dict()
    used, took = time.process_time() - start, time.perf_counter() - began
print(json.dumps({"version": version("evidently"), "processor": used, "seconds": took}))
`;

interface Taken {
  /** Of all threads. */
  readonly processor: number;
  readonly seconds: number;
}

/** Twenty columns of uniform numbers. */
function draw(rows: number, seed: string): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: 20 * rows }, () => random.next());
}

const table = (values: Float64Array): Record<string, Float64Array> =>
  Object.fromEntries(
    columns.map((name, i) => [name, values.subarray((i * values.length) / 20, ((i + 1) * values.length) / 20)]),
  );

async function ours(before: Float64Array, after: Float64Array): Promise<Taken> {
  await using monitor = new DriftMonitor(MLOpsConfig.default({ environment: {} }), {
    storage: new MemoryStorage(),
    artifacts: new MemoryArtifactStore(),
  });
  const check = () =>
    monitor.detectDrift({
      modelName: 'bench',
      featureColumns: columns,
      baselineData: table(before),
      currentData: table(after),
    });
  await check();
  const [used, began] = [process.cpuUsage(), performance.now()];
  await check();
  const { user, system } = process.cpuUsage(used);
  return { processor: (user + system) / 1e6, seconds: (performance.now() - began) / 1e3 };
}

async function theirs(
  folder: string,
  data: readonly Float64Array[],
): Promise<(Taken & { version: string }) | undefined> {
  const files = data.map((values, i) => {
    const path = join(folder, `${i}.bin`);
    writeFileSync(path, new Uint8Array(values.buffer));
    return path;
  });
  try {
    const { stdout } = await run('python3', ['-c', peer, ...files]);
    return JSON.parse(stdout) as Taken & { version: string };
  } catch {
    return undefined; // no Python, or no Evidently
  }
}

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1_000, 100_000];
const folder = mkdtempSync(join(tmpdir(), 'bench-evidently-'));
try {
  const rows: Record<string, string | number>[] = [];
  let version: string | undefined;
  for (const size of sizes) {
    const data = [draw(size, 'before'), draw(size, 'after')] as const;
    const mine = await ours(...data);
    const other = await theirs(folder, data);
    version = other?.version ?? version;
    rows.push({
      'rows a side': size,
      'ours, processor s': mine.processor.toFixed(3),
      'ours, s': mine.seconds.toFixed(3),
      'Evidently, processor s': other?.processor.toFixed(2) ?? 'not here',
      'Evidently, s': other?.seconds.toFixed(2) ?? 'not here',
      'times as fast, processor': other === undefined ? '' : (other.processor / mine.processor).toFixed(1),
    });
  }
  console.log(version === undefined ? 'python3 has no Evidently' : `Evidently ${version}`);
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true });
}
