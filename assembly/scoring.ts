/**
 * Sums up small trees for one row; src/models/quick-scorer.ts says how. All `usize` are addresses.
 */

/** How many of up to 255 rising cuts are at or below a value, by bisection without branches; NaN follow the last cut. */
function countAtOrBelow(cuts: usize, value: f64): usize {
  let at = cuts;
  at += (<usize>(value >= load<f64>(at, 127 << 3))) << 10;
  at += (<usize>(value >= load<f64>(at, 63 << 3))) << 9;
  at += (<usize>(value >= load<f64>(at, 31 << 3))) << 8;
  at += (<usize>(value >= load<f64>(at, 15 << 3))) << 7;
  at += (<usize>(value >= load<f64>(at, 7 << 3))) << 6;
  at += (<usize>(value >= load<f64>(at, 3 << 3))) << 5;
  at += (<usize>(value >= load<f64>(at, 1 << 3))) << 4;
  return ((at - cuts) >> 3) + <usize>(value >= load<f64>(at));
}

/** The leaf that the highest bit of `reach` stands for. */
function leaf(values: usize, reach: i32): f64 {
  return load<f64>(values + ((<usize>clz(reach)) << 3));
}

/**
 * @param columns of each column: address of the row's value, of its cuts (0: the value is the code of a category), of
 *   its first row of words and of the row of missing values
 * @param count of columns
 * @param trees a multiple of eight: words of a row
 * @param rows room for an address a column
 * @param values 32 a tree
 */
export function sumTrees(columns: usize, count: i32, trees: i32, rows: usize, values: usize): f64 {
  const rowBytes = (<usize>trees) << 2;
  const end = rows + ((<usize>count) << 2);
  for (let row = rows; row < end; row += 4, columns += 16) {
    const value = load<f64>(load<u32>(columns));
    const cuts: usize = load<u32>(columns, 4);
    let words: usize = load<u32>(columns, 12);
    if (value == value) {
      const step = cuts == 0 ? <usize>value : countAtOrBelow(cuts, value);
      words = <usize>load<u32>(columns, 8) + rowBytes * step;
    }
    store<u32>(row, words);
  }
  let sum: f64 = 0;
  for (let at: usize = 0; at < rowBytes; at += 32, values += 2048) {
    let a = i32x4.splat(-1);
    let b = a;
    for (let row = rows; row < end; row += 4) {
      const words = at + <usize>load<u32>(row);
      a = v128.and(a, v128.load(words));
      b = v128.and(b, v128.load(words, 16));
    }
    sum += leaf(values, i32x4.extract_lane(a, 0));
    sum += leaf(values + 256, i32x4.extract_lane(a, 1));
    sum += leaf(values + 512, i32x4.extract_lane(a, 2));
    sum += leaf(values + 768, i32x4.extract_lane(a, 3));
    sum += leaf(values + 1024, i32x4.extract_lane(b, 0));
    sum += leaf(values + 1280, i32x4.extract_lane(b, 1));
    sum += leaf(values + 1536, i32x4.extract_lane(b, 2));
    sum += leaf(values + 1792, i32x4.extract_lane(b, 3));
  }
  return sum;
}
