const least = 1e-300;

/**
 * The p-value that belongs to a confidence bound: the smallest error probability at which the bound still excludes a
 * threshold. Relative accuracy about 1e-12; 1 when even an error of ½ does not exclude it, never below 1e-300.
 *
 * @param excludes whether the bound of that error probability excludes the threshold; once true, true for larger ones
 */
export function smallestError(excludes: (error: number) => boolean): number {
  if (!excludes(0.5)) return 1;
  if (excludes(least)) return least;
  let low = Math.log(least);
  let high = Math.log(0.5);
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (excludes(Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}
