/**
 * The inner loops of gradient boosting in AssemblyScript; src/models/binned/kernel.ts calls what `npm run build:kernel`
 * makes of it. All `usize` are addresses, counts are in elements. Sums are taken in the order of the rows, so that they
 * are the same to the bit wherever they are computed.
 *
 * A cell holds the sums over the rows of a bin: [gradient, count], or [gradient, hessian, count, unused].
 */

/** out[i] = values[rows[i]]: what reads several times then reads in one direction. */
export function gather(values: usize, rows: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const row: usize = load<u32>(rows + ((<usize>i) << 2));
    store<f64>(out + ((<usize>i) << 3), load<f64>(values + (row << 3)));
  }
}

function add(cell: usize, value: v128): void {
  v128.store(cell, f64x2.add(v128.load(cell), value));
}

/**
 * Adds rows to the cells of four features.
 *
 * @param packed for each row of the table its bins of the four features, a byte each
 * @param gradients those of the given rows, in their order
 * @param a the first cell of the first feature; b, c, d of the others
 */
export function addRows(
  packed: usize,
  rows: usize,
  count: i32,
  gradients: usize,
  a: usize,
  b: usize,
  c: usize,
  d: usize,
): void {
  for (let i = 0; i < count; i++) {
    const row: usize = load<u32>(rows + ((<usize>i) << 2));
    const bins: usize = load<u32>(packed + (row << 2));
    const value = f64x2.replace_lane(f64x2.splat(1), 0, load<f64>(gradients + ((<usize>i) << 3)));
    add(a + ((bins & 255) << 4), value);
    add(b + (((bins >> 8) & 255) << 4), value);
    add(c + (((bins >> 16) & 255) << 4), value);
    add(d + ((bins >> 24) << 4), value);
  }
}

function addOne(cell: usize, value: v128): void {
  add(cell, value);
  store<f64>(cell, load<f64>(cell, 16) + 1, 16);
}

/** The same where second derivatives differ. */
export function addRowsWithHessians(
  packed: usize,
  rows: usize,
  count: i32,
  gradients: usize,
  hessians: usize,
  a: usize,
  b: usize,
  c: usize,
  d: usize,
): void {
  for (let i = 0; i < count; i++) {
    const row: usize = load<u32>(rows + ((<usize>i) << 2));
    const bins: usize = load<u32>(packed + (row << 2));
    const value = f64x2.replace_lane(
      f64x2.splat(load<f64>(hessians + ((<usize>i) << 3))),
      0,
      load<f64>(gradients + ((<usize>i) << 3)),
    );
    addOne(a + ((bins & 255) << 5), value);
    addOne(b + (((bins >> 8) & 255) << 5), value);
    addOne(c + (((bins >> 16) & 255) << 5), value);
    addOne(d + ((bins >> 24) << 5), value);
  }
}

/** from[i] -= what[i] @param count even */
export function subtract(from: usize, what: usize, count: i32): void {
  const end = from + ((<usize>count) << 3);
  for (; from < end; from += 16, what += 16) v128.store(from, f64x2.sub(v128.load(from), v128.load(what)));
}

/**
 * Moves the rows that go left before those that go right, both in their order.
 *
 * @param bins every fourth byte is the bin of a row of the table
 * @param isLeft 1 for each bin that goes left
 * @param spare room for as many rows
 * @returns how many go left
 */
export function partition(rows: usize, count: i32, bins: usize, isLeft: usize, spare: usize): i32 {
  let left: usize = 0;
  let right: usize = 0;
  for (let i = 0; i < count; i++) {
    const row: usize = load<u32>(rows + ((<usize>i) << 2));
    // Both are written and one counts: a branch here would be mispredicted every other time.
    const goesLeft: usize = load<u8>(isLeft + load<u8>(bins + (row << 2)));
    store<u32>(rows + (left << 2), row);
    store<u32>(spare + (right << 2), row);
    left += goesLeft;
    right += 1 - goesLeft;
  }
  memory.copy(rows + (left << 2), spare, right << 2);
  return <i32>left;
}

/**
 * The next cut after which the loss falls enough when values have no bounds.
 *
 * @param cell of the first bin; the cells of the others follow
 * @param countAt bytes from the start of a cell to its count
 * @param bin the first to look at
 * @param cuts how many bins there are to cut after
 * @param sums [gradient, hessian, count] of the bins before, and of those up to the cut afterwards
 * @param before of the whole node: what its best value lowers the loss by
 * @param gain that the cut must exceed
 * @returns the bin before the cut, or `cuts` when there is none
 */
export function nextCut(
  cell: usize,
  countAt: usize,
  bin: i32,
  cuts: i32,
  sums: usize,
  allGradient: f64,
  allHessian: f64,
  allCount: f64,
  minSamplesLeaf: f64,
  l2: f64,
  before: f64,
  gain: f64,
): i32 {
  const cellBytes = countAt == 8 ? 16 : 32;
  const all = f64x2.replace_lane(f64x2.splat(allHessian), 0, allGradient);
  const penalty = f64x2.splat(l2);
  let left = v128.load(sums);
  let count = load<f64>(sums, 16);
  for (cell += bin * cellBytes; bin < cuts; bin++, cell += cellBytes) {
    const rows = load<f64>(cell + countAt);
    if (rows == 0) continue;
    left = f64x2.add(left, v128.load(cell));
    count += rows;
    if (count < minSamplesLeaf) continue;
    if (allCount - count < minSamplesLeaf) break;
    const right = f64x2.sub(all, left);
    const gradients = v128.shuffle<f64>(left, right, 0, 2);
    const hessians = f64x2.add(v128.shuffle<f64>(left, right, 1, 3), penalty);
    const falls = f64x2.div(f64x2.mul(gradients, gradients), hessians);
    const most = f64x2.extract_lane(falls, 0) + f64x2.extract_lane(falls, 1);
    if (most - before <= gain) continue;
    v128.store(sums, left);
    store<f64>(sums, count, 16);
    return bin;
  }
  return cuts;
}
