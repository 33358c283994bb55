/** Reads Parquet files: `read.ts <path>...`. Prints for each what came of it, and the most memory that the process ever had, MiB. */
import { readTable } from '../../../../src/data/read-table.js';

for (const path of process.argv.slice(2)) {
  const code = await readTable(path).then(
    (table) => `${table.rowCount} rows`,
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
  process.stdout.write(`${JSON.stringify({ path, code, mib: Math.round(process.resourceUsage().maxRSS / 1024) })}\n`);
}
