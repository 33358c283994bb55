/**
 * Area under the ROC curve: the probability that a positive row scores above a negative one, ties counting half (Hanley,
 * McNeil 1982, Radiology 143). NaN unless both classes occur.
 */
export function rocAuc(actual: Float64Array, scores: Float64Array): number {
  let truePositives = 0;
  let falsePositives = 0;
  let area = 0;
  eachThreshold(actual, scores, (positives, negatives) => {
    area += negatives * (truePositives + positives / 2);
    truePositives += positives;
    falsePositives += negatives;
  });
  return area / (truePositives * falsePositives);
}

/** Average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores from high to low. NaN without positives. */
export function averagePrecision(actual: Float64Array, scores: Float64Array): number {
  let truePositives = 0;
  let predictedPositives = 0;
  let sum = 0;
  eachThreshold(actual, scores, (positives, negatives) => {
    truePositives += positives;
    predictedPositives += positives + negatives;
    sum += positives * (truePositives / predictedPositives);
  });
  return sum / truePositives;
}

/** Calls with the positive and negative rows of each distinct score, from high to low. */
function eachThreshold(
  actual: Float64Array,
  scores: Float64Array,
  visit: (positives: number, negatives: number) => void,
): void {
  const order = Int32Array.from(actual, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  for (let i = 0; i < order.length;) {
    const score = scores[order[i]!];
    let positives = 0;
    const from = i;
    for (; i < order.length && scores[order[i]!] === score; i++) positives += actual[order[i]!]!;
    visit(positives, i - from - positives);
  }
}
