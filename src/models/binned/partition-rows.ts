/**
 * Moves the rows of a node that go left before those that go right, both in their order.
 *
 * @param isLeft 1 for each bin that goes left
 * @param spare room for as many rows
 * @returns how many go left
 */
export function partitionRows(
  rows: Int32Array,
  from: number,
  to: number,
  bins: Uint8Array,
  isLeft: Uint8Array,
  spare: Int32Array,
): number {
  let left = from;
  let right = 0;
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    // Both are written and one counts: a branch here would be mispredicted every other time.
    const goesLeft = isLeft[bins[row]!]!;
    rows[left] = row;
    spare[right] = row;
    left += goesLeft;
    right += 1 - goesLeft;
  }
  rows.set(spare.subarray(0, right), left);
  return left - from;
}
