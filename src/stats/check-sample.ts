import { MLOpsError } from '../errors.js';

/** Refuses an empty sample. */
export function checkNotEmpty(sample: { readonly length: number }, name: string): void {
  if (sample.length === 0) {
    throw new MLOpsError('INVALID_INPUT', `${name} is empty; at least one value is needed to compute a statistic`);
  }
}

/** Refuses empty samples, NaN, which has no place in an order, and lists, which JavaScript sorts as texts: 10 before 9. */
export function checkSample(sample: Float64Array, name: string): void {
  if (!ArrayBuffer.isView(sample)) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${name} must be a Float64Array; Float64Array.from(values) makes one of a list`,
    );
  }
  checkNotEmpty(sample, name);
  for (let i = 0; i < sample.length; i++) {
    if (Number.isNaN(sample[i])) {
      throw new MLOpsError('INVALID_INPUT', `${name} holds NaN at ${i}; remove missing values first`);
    }
  }
}

/** A sorted copy: −Infinity first, Infinity last. Refuses what {@link checkSample} does. */
export function sortedSample(sample: Float64Array, name: string): Float64Array {
  checkSample(sample, name);
  return sample.toSorted();
}

/** Total of a list of counts. Refuses negative or non-finite counts and lists that count nothing. */
export function totalCount(counts: ArrayLike<number>, name: string): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (!(count >= 0 && count < Infinity)) {
      throw new MLOpsError('INVALID_INPUT', `${name}[${i}] is ${count}; expected a count, finite and not negative`);
    }
    total += count;
  }
  if (total === 0) {
    throw new MLOpsError('INVALID_INPUT', `${name} counts nothing; at least one observation is needed`);
  }
  return total;
}

/** Refuses two lists of counts that cannot belong to the same categories. */
export function checkSameLength(a: ArrayLike<number>, b: ArrayLike<number>, names: string): void {
  if (a.length !== b.length) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${names} have ${a.length} and ${b.length} entries; expected one entry a category in both, zero where it is absent`,
    );
  }
}

/** Refuses a confidence level outside (0, 1). */
export function checkConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `confidence is ${confidence}; expected a level between 0 and 1, such as 0.95`,
    );
  }
}
