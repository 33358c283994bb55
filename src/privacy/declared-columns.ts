import { summaryOf, profileOf, type BaselineProfile } from '../data/baseline-profile.js';
import { parseDate, parseNumber } from '../data/cell.js';
import type { Column } from '../data/column.js';
import { ColumnSummary } from '../data/column-summary.js';
import { type DataSummary, dataSummary } from '../data/data-summary.js';
import type { ColumnProfile, DataProfile } from '../data/profile.js';
import { type Row, Table } from '../data/table.js';
import { TextCounts } from '../data/text-counts.js';
import { DyadicHistogram } from '../stats/dyadic-histogram.js';
import type { ColumnRule } from './column-rule.js';
import { mapped, maskText, powerOfTen, quarterOf } from './protect-table.js';
import { type PseudonymKey, isPseudonymText, pseudonymOf } from './pseudonym.js';

/** What a value of a column becomes: never itself, unless it was replaced before. Undefined: the column is left out. */
type Replace = ((value: string) => string) | undefined;

/** Rules for columns by name, where data comes in. */
export type DeclaredColumns = Readonly<Record<string, ColumnRule>>;

/** What makes pseudonyms: the active key, and the ids of all that ever did, whose pseudonyms stay as they are. */
export interface PseudonymMaker {
  readonly key: PseudonymKey;
  readonly keyIds: readonly string[];
}

/** A value that its rule has nothing to say of, such as a text among amounts. */
const unfit = 'other';

/**
 * Replaces the values of declared columns in whatever holds data. Of any kind: what does not fit a rule becomes `other`, so
 * that nothing gets through. Done again it changes nothing, so that data may pass several boundaries.
 */
export class ColumnProtection {
  readonly #replace: ReadonlyMap<string, Replace>;

  constructor(columns: DeclaredColumns, maker: PseudonymMaker) {
    this.#replace = new Map(Object.entries(columns).map(([name, rule]) => [name, replacement(name, rule, maker)]));
  }

  table(table: Table): Table {
    if (![...table.columns.keys()].some((name) => this.#replace.has(name))) return table;
    const columns = [...table.columns.values()].flatMap((column): readonly Column[] => {
      if (!this.#replace.has(column.name)) return [column];
      const replace = this.#replace.get(column.name);
      return replace === undefined ? [] : [mapped(column, replace)];
    });
    return new Table(columns, table.rowCount); // notes quote cells
  }

  /** Never throws: a value that is none is left out. */
  row(row: Row): Row {
    if (!Object.keys(row).some((name) => this.#replace.has(name))) return row;
    return Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) => {
        if (!this.#replace.has(name) || value === null || value === undefined) return [[name, value]];
        const text = textOf(value);
        const replace = this.#replace.get(name);
        return replace === undefined || text === undefined ? [] : [[name, replace(text)]];
      }),
    );
  }

  /** Quantiles are values: those of a declared column are left out. */
  dataProfile(profile: DataProfile): DataProfile {
    const columns = profile.columns.flatMap((column): readonly ColumnProfile[] => {
      if (!this.#replace.has(column.column)) return [column];
      const replace = this.#replace.get(column.column);
      if (replace === undefined) return [];
      const shares = new Map<string, number>();
      for (const { name, share } of column.categories ?? []) {
        shares.set(replace(name), (shares.get(replace(name)) ?? 0) + share);
      }
      const categories = Array.from(shares, ([name, share]) => ({ name, share }));
      const { missingRate } = column;
      return [{ column: column.column, kind: 'categorical', missingRate, categories }];
    });
    return { rowCount: profile.rowCount, columns };
  }

  profile(profile: BaselineProfile): BaselineProfile {
    return profile.columns.some(({ name }) => this.#replace.has(name))
      ? profileOf(this.summary(summaryOf(profile)))
      : profile;
  }

  /** A declared column that was not counted value by value is left out: what it holds cannot be replaced. */
  summary(summary: DataSummary): DataSummary {
    if (![...summary.columns.keys()].some((name) => this.#replace.has(name))) return summary;
    const columns = [...summary.columns].flatMap(([name, column]): readonly (readonly [string, ColumnSummary])[] => {
      if (!this.#replace.has(name)) return [[name, column]];
      const replace = this.#replace.get(name);
      const replaced = replace && replaceCounts(column, replace);
      return replaced === undefined ? [] : [[name, replaced]];
    });
    return dataSummary(new Map(columns), summary.rowCount);
  }
}

function replacement(name: string, rule: ColumnRule, { key, keyIds }: PseudonymMaker): Replace {
  switch (rule.action) {
    case 'drop':
      return undefined;
    case 'mask': {
      const { keep = 0 } = rule;
      const isMasked = (value: string): boolean => value.startsWith('****') && Array.from(value).length <= 4 + keep;
      return (value) => (isMasked(value) ? value : maskText(value, keep));
    }
    case 'pseudonymize': {
      const isPseudonym = pseudonymTest(keyIds);
      return (value) => (isPseudonym(value) ? value : pseudonymOf(key, name, value));
    }
    case 'generalize':
      switch (rule.to) {
        case 'quarter':
          return (value) => (/^-?\d{1,6}-Q[1-4]$/.test(value) ? value : ofNumber(parseDate(value), quarterOf));
        case 'power_of_ten':
          return (value) => (/^-?1e-?\d{1,3}$/.test(value) ? value : ofNumber(parseNumber(value), powerOfTen));
        case 'band': {
          const bands = new Map(Object.entries(rule.bands).flatMap(([band, of]) => of.map((value) => [value, band])));
          const names = new Set(Object.keys(rule.bands));
          return (value) => bands.get(value) ?? (names.has(value) ? value : unfit);
        }
      }
  }
}

const ofNumber = (value: number, change: (value: number) => string): string =>
  Number.isFinite(value) ? change(value) : unfit;

/** Whether a text was made by one of these keys, by the digits of its id that it begins with. */
function pseudonymTest(keyIds: readonly string[]): (value: string) => boolean {
  const starts = new Set(keyIds.map((id) => id.slice(0, 8)));
  return (value) => isPseudonymText(value) && starts.has(value.slice(0, 8));
}

/** A cell as tables spell it. */
function textOf(value: unknown): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'string') return undefined;
  const ms = parseDate(value);
  return Number.isNaN(ms) ? value : new Date(ms).toISOString();
}

function replaceCounts(column: ColumnSummary, replace: (value: string) => string): ColumnSummary | undefined {
  const counts = column.isGrouped ? undefined : column.categories();
  if (counts === undefined) return undefined;
  const texts = new TextCounts();
  for (const [value, count] of counts) {
    texts.add(replace(column.kind === 'date' ? new Date(Number(value)).toISOString() : value), count);
  }
  return ColumnSummary.of({
    ...{ present: column.state.present, numbers: new DyadicHistogram(), texts },
    ...{ hasNumbers: false, hasDates: false, lowest: Infinity, highest: -Infinity, origin: {} },
  });
}
