import type { Random } from '@bondx/mlops';

export const sectors = ['ENERGY', 'FINANCE', 'HEALTH', 'TECH', 'UTILITIES'] as const;

/** A corporate bond as it is quoted: notches below AAA, years to maturity, spread over the curve. */
export interface Bond {
  readonly sector: (typeof sectors)[number];
  readonly notches: number;
  readonly maturity_years: number;
  readonly spread_bps: number;
  readonly [column: string]: string | number;
}

/** A bond of a made-up market; `noise` is how far quotes lie beside what the features say, basis points. */
export function drawBond(random: Random, noise: number): Bond {
  const sector = sectors[Math.floor(random.next() * sectors.length)]!;
  const notches = Math.floor(random.next() * 12);
  const maturity_years = 1 + Math.floor(random.next() * 20);
  const fair = 30 + 12 * notches + 2 * maturity_years + 8 * sectors.indexOf(sector);
  return { sector, notches, maturity_years, spread_bps: fair + noise * (random.next() - 0.5) };
}
