const halfLogTwoPi = 0.9189385332046727418;

/** ζ(k) − 1 for k = 2, 3, …: the coefficients of ln Γ around 2. */
const zetaMinusOne = [
  6.4493406684822643647e-1, 2.020569031595942854e-1, 8.2323233711138191516e-2, 3.6927755143369926331e-2,
  1.7343061984449139714e-2, 8.3492773819228268398e-3, 4.0773561979443393787e-3, 2.0083928260822144179e-3,
  9.9457512781808533715e-4, 4.9418860411946455871e-4, 2.4608655330804829864e-4, 1.2271334757848914675e-4,
  6.1248135058704829259e-5, 3.0588236307020493552e-5, 1.5282259408651871733e-5, 7.6371976378997622737e-6,
  3.8172932649998398564e-6, 1.9082127165539389257e-6, 9.5396203387279611316e-7, 4.7693298678780646312e-7,
  2.3845050272773299e-7, 1.1921992596531107307e-7, 5.9608189051259479613e-8, 2.9803503514652280187e-8,
  1.4901554828365041235e-8, 7.4507117898354294919e-9, 3.7253340247884570549e-9, 1.8626597235130490064e-9,
];
const oneMinusEulerGamma = 0.42278433509846713939;

/**
 * ln Γ(x) for x > 0, to about 1e-15 relative, near the zeros at 1 and 2 too. NaN for x <= 0.
 *
 * Source: Abramowitz & Stegun 6.1.33 (series around 2) and 6.1.41 (Stirling).
 */
export function lnGamma(x: number): number {
  if (!(x > 0)) return NaN;
  if (x < 0.5) return lnGamma(x + 1) - Math.log(x);
  if (x < 1.5) return aroundTwo(x - 1) - Math.log(x);
  if (x < 2.5) return aroundTwo(x - 2);
  if (x < 15) {
    let product = 1;
    let shifted = x;
    while (shifted >= 2.5) product *= --shifted;
    return aroundTwo(shifted - 2) + Math.log(product);
  }
  return (x - 0.5) * Math.log(x) - x + halfLogTwoPi + stirlingSeries(x);
}

/** ln Γ(2 + z), |z| <= 0.5. */
function aroundTwo(z: number): number {
  let sum = 0;
  for (let k = zetaMinusOne.length + 1; k >= 2; k--) {
    sum = zetaMinusOne[k - 2]! / k - z * sum;
  }
  return z * (oneMinusEulerGamma + z * sum);
}

function stirlingSeries(x: number): number {
  const y = 1 / (x * x);
  const tail = 1 / 1188 - y * (691 / 360360 - y / 156);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * tail)))) / x;
}

/**
 * Error of Stirling's formula: ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π], x > 0.
 *
 * Source: Loader, "Fast and accurate computation of binomial probabilities" (2000).
 */
export function stirlingError(x: number): number {
  return x < 15 ? lnGamma(x) - (x - 0.5) * Math.log(x) + x - halfLogTwoPi : stirlingSeries(x);
}

/**
 * Deviance x ln(x/m) + m − x without cancellation when x is near m.
 *
 * Source: Loader (2000), function bd0.
 *
 * @param difference x − m, for callers that know it more exactly than the subtraction gives it
 */
export function devianceTerm(x: number, m: number, difference: number = x - m): number {
  if (!(Math.abs(difference) < 0.1 * (x + m))) return (x === 0 ? 0 : x * Math.log(x / m)) - difference;
  const v = difference / (x + m);
  const v2 = v * v;
  let sum = difference * v;
  let power = 2 * x * v;
  for (let j = 1; ; j++) {
    power *= v2;
    const next = sum + power / (2 * j + 1);
    if (next === sum) return sum;
    sum = next;
  }
}
