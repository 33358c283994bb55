const pi2 = Math.PI ** 2;
const pi4 = Math.PI ** 4;
const pi6 = Math.PI ** 6;

/**
 * P(D_n < d) by the asymptotic expansion of Pelz & Good in powers of 1/√n, in the form suited to small d. At least five
 * correct digits for n > 140, more as n grows.
 *
 * Source: Pelz & Good, J. Royal Stat. Soc. B 38(2), 1976, as used by Simard & L'Ecuyer (2011).
 */
export function pelzGoodCdf(d: number, n: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z ** 2;
  const z3 = z ** 3;
  const z4 = z ** 4;
  const z6 = z ** 6;
  const exponent = -pi2 / 8 / z2;
  if (exponent < -708) return 0;
  const q = Math.exp(exponent);

  const k1a = -z2;
  const k1b = pi2 / 4;
  const k2a = 6 * z6 + 2 * z4;
  const k2b = ((2 * z4 - 5 * z2) * pi2) / 4;
  const k2c = (pi4 * (1 - 2 * z2)) / 16;
  const k3a = -30 * z6 - 90 * z ** 8;
  const k3b = (pi2 * (135 * z4 - 96 * z6)) / 4;
  const k3c = (pi4 * (-60 * z2 + 212 * z4)) / 16;
  const k3d = (pi6 * (5 - 30 * z2)) / 64;

  // Σ over odd m of coefficient(m)·q^(m²), as a Horner scheme in q^(8k).
  let k0 = 0;
  let k1 = 0;
  let k2 = 0;
  let k3 = 0;
  const terms = Math.ceil((16 * z) / Math.PI);
  for (let k = terms; k > 0; k--) {
    const m = 2 * k - 1;
    const m2 = m ** 2;
    const m4 = m ** 4;
    const step = q ** (8 * k);
    k0 = k0 * step + 1;
    k1 = k1 * step + k1a + k1b * m2;
    k2 = k2 * step + k2a + k2b * m2 + k2c * m4;
    k3 = k3 * step + k3a + k3b * m2 + k3c * m4 + k3d * m ** 6;
  }
  const common = q * Math.sqrt(2 * Math.PI);
  k0 *= common / z;
  k1 *= common / (6 * z4);
  k2 *= common / (72 * z ** 7);
  k3 *= common / (6480 * z ** 10);

  // Σ over all integers, in K2 and K3 only.
  const q2 = Math.exp(-pi2 / 2 / z2);
  let extra2 = 0;
  let extra3 = 0;
  for (let k = terms; k > 0; k--) {
    const power = k * k * q2 ** (k * k);
    extra2 += power;
    extra3 += (Math.sqrt(3) * z + k * Math.PI) * (Math.sqrt(3) * z - k * Math.PI) * power;
  }
  k2 += (extra2 * pi2 * Math.sqrt(2 * Math.PI)) / (-36 * z3);
  k3 += (extra3 * pi2 * Math.sqrt(2 * Math.PI)) / (216 * z6);
  return k0 + k1 / Math.sqrt(n) + k2 / n + k3 / n ** 1.5;
}
