import { cellCount, mostBuckets } from './shared-buckets.js';

/** What the first pass adds up. */
export interface ScanTotals {
  missing: number;
  lowest: number;
  highest: number;
  sum: number;
}

/** What the second pass adds up: three cuts of signed values, squares and deviations from the mean. */
export interface GatherTotals {
  upper: number;
  middle: number;
  rest: number;
  squares: number;
  deviations: number;
}

export const blockLength = 4096;

/**
 * The inner loops of the passes over a sample. V8 reads and writes typed arrays that are constants of a closure two to
 * three times as fast as those a function is handed, so values are copied into such arrays block by block (a small part
 * of the cost) and looked at by functions that touch nothing else. One set serves all: each pass runs to its end before
 * any other code does.
 */
function createBlocks() {
  const block = new Float64Array(blockLength);
  const places = new Uint16Array(blockLength);
  const kept = new Int32Array(blockLength);
  const first = new Int32Array(cellCount);
  const parts = new Float64Array(cellCount);
  const counts = new Int32Array(mostBuckets);
  const factors = new Float64Array(mostBuckets);
  const isWanted = new Uint8Array(mostBuckets);
  const atoms = new Float64Array(mostBuckets);

  function scanBlock(length: number, low: number, scale: number, found: ScanTotals): void {
    const last = cellCount - 1;
    let { lowest, highest } = found;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const value = block[i]!;
      const place = (value - low) * scale; // bucketOf; NaN goes to bucket 0
      const cell = place > 0 ? (place < last ? place | 0 : last) : 0;
      const k = first[cell]! + (((place - cell) * parts[cell]!) | 0);
      places[i] = k;
      counts[k]!++;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
      sum += value;
    }
    found.lowest = lowest;
    found.highest = highest;
    // Looking for NaN at each value would cost half as much again.
    found.sum += sum === sum ? sum : sumOfPresent(length, found);
  }

  function sumOfPresent(length: number, found: ScanTotals): number {
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const value = block[i]!;
      if (value === value) sum += value;
      else found.missing++;
    }
    return sum;
  }

  /** Moves the values of the block together where NaN lies between them; how many there are. */
  function dropMissing(length: number): number {
    let present = 0;
    for (let i = 0; i < length; i++) {
      const value = block[i]!;
      block[present] = value;
      places[present] = places[i]!;
      if (value === value) present++;
    }
    return present;
  }

  /** Moves the values of the block together that are not counted apart; how many there are. */
  function dropAtoms(length: number): number {
    let others = 0;
    for (let i = 0; i < length; i++) {
      const value = block[i]!;
      const k = places[i]!;
      block[others] = value;
      places[others] = k;
      others += Number(value !== atoms[k]);
    }
    return others;
  }

  /** How many values of wanted buckets are not counted apart; `kept` has their places in the block. */
  function sumBlock(length: number, mean: number, firstCut: number, secondCut: number, sums: GatherTotals): number {
    let { upper, middle, rest, squares, deviations } = sums;
    let keptCount = 0;
    for (let i = 0; i < length; i++) {
      const value = block[i]!;
      const k = places[i]!;
      if (isWanted[k] === 1 && value !== atoms[k]) kept[keptCount++] = i;
      const term = factors[k]! * value;
      const high = firstCut + term - firstCut;
      const left = term - high;
      const cut = secondCut + left - secondCut;
      upper += high;
      middle += cut;
      rest += left - cut;
      const deviation = value - mean;
      squares += deviation * deviation;
      deviations += deviation;
    }
    sums.upper = upper;
    sums.middle = middle;
    sums.rest = rest;
    sums.squares = squares;
    sums.deviations = deviations;
    return keptCount;
  }

  /** Puts the values kept where `next` says that the next of their bucket goes. */
  function collect(keptCount: number, into: Float64Array, next: Int32Array): void {
    for (let at = 0; at < keptCount; at++) {
      const i = kept[at]!;
      into[next[places[i]!]!++] = block[i]!;
    }
  }

  const passes = { scanBlock, dropMissing, dropAtoms, sumBlock, collect };
  return { block, places, first, parts, counts, factors, isWanted, atoms, ...passes };
}

export const blocks = createBlocks();
