import type { ColumnSummary } from '../../data/column-summary.js';

/** How values of two data sets are spread over the same classes. */
export interface ValueShares {
  /** `classes` are names, or lower ends of ranges of equal width. */
  readonly kind: 'categories' | 'ranges';
  readonly classes: readonly {
    readonly from: number;
    readonly name: string;
    readonly shares: readonly [number, number];
  }[];
  /** Of a range. */
  readonly width: number;
  /** Whether values are dates, in UTC milliseconds. */
  readonly isDate: boolean;
}

const mostCategories = 8;
const rangeCount = 24;
/** Share of all values at either end that is put into the outermost ranges, so that outliers do not hide the rest. */
const tail = 0.005;

/** Undefined where both sides cannot be shown on one scale: other kinds, nothing there, or too many texts. */
export function valueShares(baseline: ColumnSummary, current: ColumnSummary): ValueShares | undefined {
  if (baseline.kind !== current.kind || baseline.kind === 'empty') return undefined;
  return baseline.kind === 'categorical' ? categoryShares(baseline, current) : rangeShares(baseline, current);
}

function categoryShares(baseline: ColumnSummary, current: ColumnSummary): ValueShares | undefined {
  if (baseline.isGrouped || current.isGrouped) return undefined;
  const sides = [baseline.categories(), current.categories()];
  const [before, after] = sides;
  if (before === undefined || after === undefined) return undefined;
  const totals = [before, after].map((counts) => [...counts.values()].reduce((sum, n) => sum + n, 0));
  const shareOf = (name: string): [number, number] => [
    (before.get(name) ?? 0) / totals[0]!,
    (after.get(name) ?? 0) / totals[1]!,
  ];
  const names = [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ from: 0, name, shares: shareOf(name) }))
    .sort((a, b) => b.shares[0] + b.shares[1] - a.shares[0] - a.shares[1] || (a.name < b.name ? -1 : 1));
  const shown = names.length <= mostCategories ? names : names.slice(0, mostCategories - 1);
  const rest = names.slice(shown.length);
  const sum = (side: 0 | 1): number => rest.reduce((total, { shares }) => total + shares[side], 0);
  const other = { from: 0, name: `${rest.length} others`, shares: [sum(0), sum(1)] as const };
  return { kind: 'categories', classes: rest.length === 0 ? shown : [...shown, other], width: 0, isDate: false };
}

function rangeShares(baseline: ColumnSummary, current: ColumnSummary): ValueShares | undefined {
  const sides = [baseline, current].map(({ numbers }) => numbers.bins().filter(([bin]) => Number.isFinite(bin)));
  const totals = sides.map((bins) => bins.reduce((sum, [, n]) => sum + n, 0));
  if (totals.some((total) => total === 0)) return undefined;
  const ends = sides.map((bins, side) => [
    quantile(bins, totals[side]!, tail),
    quantile(bins, totals[side]!, 1 - tail),
  ]);
  const low = Math.min(...ends.map(([from]) => from!));
  const high = Math.max(...ends.map(([, to]) => to!));
  const width = high > low ? (high - low) / rangeCount : 1;
  const shares = Array.from({ length: high > low ? rangeCount : 1 }, (): [number, number] => [0, 0]);
  sides.forEach((bins, side) => {
    for (const [bin, n] of bins) {
      const place = Math.min(shares.length - 1, Math.max(0, Math.floor((bin - low) / width)));
      shares[place]![side as 0 | 1] += n / totals[side]!;
    }
  });
  const classes = shares.map((share, i) => ({ from: low + i * width, name: '', shares: share }));
  return { kind: 'ranges', classes, width, isDate: baseline.kind === 'date' };
}

function quantile(bins: readonly (readonly [number, number])[], total: number, share: number): number {
  let seen = 0;
  for (const [bin, n] of bins) if ((seen += n) >= share * total) return bin;
  return bins.at(-1)![0];
}
