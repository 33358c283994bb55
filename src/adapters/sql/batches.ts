/** Databases limit the parameters of one statement. */
const rowsPerStatement = 1_000;

export function* inBatches<T>(rows: readonly T[], size = rowsPerStatement): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += size) {
    yield rows.length <= size ? rows : rows.slice(start, start + size);
  }
}
