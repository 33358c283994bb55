import type { FeatureReader } from '../feature-reader.js';
import type { Pace } from '../pace.js';
import { countAtOrBelow, padCuts } from './count-at-or-below.js';
import { findCuts } from './find-cuts.js';

/** One feature of all rows in at most 256 steps. */
export interface BinnedFeature {
  /** Bin of each row. */
  readonly bins: Uint8Array;
  /** Bins of present values; the next number is the bin of missing ones. */
  readonly binCount: number;
  readonly isSet: boolean;
  /** The threshold between a bin and the next: lesser values are in this bin or one before. All are below the last one. */
  thresholdAfter(bin: number): number;
}

/**
 * Sorts the values of each feature into bins: numbers by cuts between them, categories each its own.
 *
 * @param columns what the reader makes of the table
 */
function binColumn(reader: FeatureReader, feature: number, values: Float64Array, maxBins: number): BinnedFeature {
  const reading = reader.readings[feature]!;
  if (reading.type === 'numeric') return binNumbers(values, maxBins);
  return binCodes(values, Math.max(1, reading.categories.length), !reading.isOrdered);
}

/** Bins every feature, letting others have the event loop in between; takes the first tenth of a training's progress. */
export async function binFeatures(
  reader: FeatureReader,
  columns: readonly Float64Array[],
  maxBins: number,
  pace: Pace,
): Promise<readonly BinnedFeature[]> {
  const features: BinnedFeature[] = [];
  for (const [i, column] of columns.entries()) {
    await pace.step((0.1 * i) / columns.length);
    features.push(binColumn(reader, i, column, maxBins));
  }
  return features;
}

function binNumbers(values: Float64Array, maxBins: number): BinnedFeature {
  const cuts = findCuts(values.slice(), maxBins);
  const binCount = cuts.length + 1;
  const bins = new Uint8Array(values.length);
  const padded = padCuts(cuts);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    bins[row] = Number.isNaN(value) ? binCount : countAtOrBelow(padded, value);
  }
  return { bins, binCount, isSet: false, thresholdAfter: (bin) => cuts[bin] ?? Number.MAX_VALUE };
}

function binCodes(values: Float64Array, binCount: number, isSet: boolean): BinnedFeature {
  const bins = Uint8Array.from(values, (code) => (Number.isNaN(code) ? binCount : code));
  return { bins, binCount, isSet, thresholdAfter: (bin) => bin + 0.5 };
}
