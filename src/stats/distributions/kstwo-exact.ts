const scale = 2 ** 128;

/**
 * P(D_n < d) by powers of Durbin's matrix, for small n·d.
 *
 * Source: Marsaglia, Tsang & Wang, "Evaluating Kolmogorov's distribution", J. Stat. Software 8(18), 2003.
 */
export function durbinCdf(d: number, n: number): number {
  const nd = n * d;
  const k = Math.ceil(nd);
  const size = 2 * k - 1;
  let power: Float64Array = identity(size);
  let square = durbinMatrix(size, k - nd);
  let powerExponent = 0;
  let squareExponent = 0;
  const center = (k - 1) * size + (k - 1);
  for (let remaining = n; remaining > 0; remaining = Math.floor(remaining / 2)) {
    if (remaining % 2 === 1) {
      power = multiply(power, square, size);
      powerExponent += squareExponent;
    }
    square = multiply(square, square, size);
    squareExponent *= 2;
    if (Math.abs(square[center]!) > scale) {
      for (let i = 0; i < square.length; i++) square[i]! /= scale;
      squareExponent += 128;
    }
  }
  // times n!/nⁿ
  let p = power[center]!;
  for (let i = 1; i <= n; i++) {
    p = (i * p) / n;
    if (Math.abs(p) < 1 / scale) {
      p *= scale;
      powerExponent -= 128;
    }
  }
  return p * 2 ** powerExponent;
}

function durbinMatrix(size: number, h: number): Float64Array {
  const matrix = new Float64Array(size * size);
  const border = new Float64Array(size);
  let reciprocalFactorial = 1;
  for (let j = 1; j <= size; j++) {
    // Column i holds 1/0!, 1/1!, … from row i − 1 on.
    for (let i = 1; i < size && i - 1 + j - 1 < size; i++) matrix[(i - 1 + j - 1) * size + i] = reciprocalFactorial;
    reciprocalFactorial /= j;
    border[j - 1] = (1 - h ** j) * reciprocalFactorial;
  }
  border[size - 1] = (1 + Math.max(2 * h - 1, 0) ** size - 2 * h ** size) * reciprocalFactorial;
  for (let i = 0; i < size; i++) {
    matrix[i * size] = border[i]!;
    matrix[(size - 1) * size + i] = border[size - 1 - i]!;
  }
  return matrix;
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const left = a[i * size + k]!;
      if (left === 0) continue;
      for (let j = 0; j < size; j++) product[i * size + j]! += left * b[k * size + j]!;
    }
  }
  return product;
}

/**
 * P(D_n < d) by Pomeranz's recursion: each of 2n + 2 rows is the previous one convolved with one of three Poisson
 * sequences, kept to the few entries between the two boundaries.
 *
 * Source: Pomeranz, Algorithm 487, CACM 17(12), 1974; indices as in Simard & L'Ecuyer, J. Stat. Software 39(11), 2011.
 */
export function pomeranzCdf(d: number, n: number): number {
  const t = n * d;
  const whole = Math.floor(t);
  const fraction = t - whole;
  const g = Math.min(fraction, 1 - fraction);
  const ceiling = fraction > 0 ? 1 : 0;
  const rounding = fraction > 0.5 ? 1 : 0;
  const length = 2 * (whole + 1);
  const outer = poissonWeights(g / n, length);
  const odd = poissonWeights((2 * g) / n, length);
  const even = poissonWeights((1 - 2 * g) / n, length);

  const bounds = (i: number): { first: number; last: number } => {
    let first: number;
    let last: number;
    const half = Math.floor((i + 1) / 2);
    if (i === 0) [first, last] = [-whole - ceiling - 1, whole + ceiling - 1];
    else if (i % 2 === 0) [first, last] = [half - 1 - whole - 1, half + whole + rounding - 1];
    else if (half === n + 1) [first, last] = [n - whole - ceiling - 1, n + whole + ceiling - 1];
    else [first, last] = [half - 1 - whole - rounding - 1, half + whole - 1 + ceiling - 1];
    return { first: Math.max(first + 2, 0), last: Math.min(last, n) };
  };

  let row = new Float64Array(n + 1);
  let next = new Float64Array(n + 1);
  row[0] = 1;
  let previous = bounds(0);
  let exponent = 0;
  for (let i = 1; i < 2 * n + 2; i++) {
    const weights = i === 1 || i === 2 * n + 1 ? outer : i % 2 === 1 ? odd : even;
    const current = bounds(i);
    next.fill(0);
    let largest = 0;
    for (let j = current.first; j <= current.last; j++) {
      let sum = 0;
      for (let k = Math.max(previous.first, j - length + 1); k <= j; k++) sum += row[k]! * weights[j - k]!;
      next[j] = sum;
      largest = Math.max(largest, sum);
    }
    if (largest > 0 && largest < 1 / scale) {
      for (let j = current.first; j <= current.last; j++) next[j]! *= scale;
      exponent -= 128;
    }
    [row, next] = [next, row];
    previous = current;
  }
  let p = row[n]!;
  for (let i = 1; i <= n; i++) {
    if (p > scale) {
      p /= scale;
      exponent += 128;
    }
    p *= i;
  }
  return p * 2 ** exponent;
}

function poissonWeights(mean: number, length: number): Float64Array {
  const weights = new Float64Array(length);
  weights[0] = 1;
  for (let m = 1; m < length; m++) weights[m] = (weights[m - 1]! * mean) / m;
  return weights;
}
