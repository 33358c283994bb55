import { MLOpsError } from '../errors.js';
import { DyadicHistogram } from '../stats/dyadic-histogram.js';
import { deepFreeze } from '../util/freeze.js';
import type { Watch } from '../util/in-steps.js';
import type { ColumnOrigin } from './column.js';
import { ColumnSummary } from './column-summary.js';
import { type DataSummary, dataSummary, summarizeData } from './data-summary.js';
import type { DataSource } from './read-table.js';
import { TextCounts, groupCount } from './text-counts.js';

/** Bytes of JSON that texts and their counts may take; where they take more, texts are put together by hash. */
const textBytes = { alone: 60_000, besideNumbers: 20_000 };

/** A column's counts: at most 64 KiB as JSON. */
export interface ProfiledColumn {
  readonly name: string;
  /** Rows that have a value. */
  readonly present: number;
  readonly hasNumbers?: true;
  readonly hasDates?: true;
  /** Counts of numbers (dates in UTC milliseconds) in bins of doubles that agree but for their lowest `dropped` bits. */
  readonly numbers?: {
    readonly dropped: number;
    /** Least and greatest, as JavaScript spells them. */
    readonly lowest: string;
    readonly highest: string;
    /** The bins' values of least magnitude, ascending, then their counts; little-endian doubles in base64. */
    readonly bins: string;
  };
  /** Counts of texts, in the order of the texts. */
  readonly texts?: readonly (readonly [text: string, count: number])[];
  /** Counts of 1024 groups of texts of equal hash, where there are too many texts; little-endian doubles in base64. */
  readonly groups?: string;
  readonly origin?: ColumnOrigin;
}

/**
 * A data set in counts: what drift is measured against when its rows are gone. Plain JSON. Profiles of parts merge to the
 * profile of the whole, exactly, in whatever order.
 */
export interface BaselineProfile {
  readonly format: 'bondx-profile';
  readonly version: 1;
  readonly rowCount: number;
  /** By name. */
  readonly columns: readonly ProfiledColumn[];
}

/**
 * The profile of a data set, read in one pass and never held. Keep it with a model (`registerModel({ baselineProfile })`),
 * and drift can be checked without the rows.
 *
 * @example
 * const profile = await createProfile([{ coupon: 4.25, term: '5-Year' }, { coupon: null, term: '10-Year' }]);
 * profile.columns.map(({ name, present }) => `${name} ${present}`); // ['coupon 1', 'term 2']
 * @throws MLOpsError as `readTable`
 */
export async function createProfile(data: DataSource, watch: Watch = {}): Promise<BaselineProfile> {
  return profileOf(await summarizeData(data, watch));
}

/**
 * The profile of several data sets together.
 *
 * @throws MLOpsError `CORRUPT`, `UNSUPPORTED` as `summaryOf`
 */
export function mergeProfiles(...profiles: readonly BaselineProfile[]): BaselineProfile {
  const columns = new Map<string, ColumnSummary>();
  let rowCount = 0;
  for (const profile of profiles) {
    const summary = summaryOf(profile);
    rowCount += summary.rowCount;
    for (const [name, column] of summary.columns) {
      const known = columns.get(name);
      if (known === undefined) columns.set(name, column);
      else known.merge(column);
    }
  }
  return profileOf(dataSummary(columns, rowCount));
}

/** A summary as plain JSON; texts of columns that have too many are put together. */
export function profileOf({ columns, rowCount }: DataSummary): BaselineProfile {
  const profiled = [...columns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, column]) => encode(name, column));
  return deepFreeze({ format: 'bondx-profile', version: 1, rowCount, columns: profiled });
}

/**
 * The counts behind a profile.
 *
 * @throws MLOpsError `UNSUPPORTED` for a profile of a later version, `CORRUPT` for anything else that is none
 */
export function summaryOf(profile: BaselineProfile): DataSummary {
  const { format, version, rowCount, columns } = Object(profile) as Partial<BaselineProfile>;
  if (format !== 'bondx-profile') corrupt('it does not say that it is one');
  if (version !== 1) {
    throw new MLOpsError(
      'UNSUPPORTED',
      `the profile has version ${String(version)}; this release reads version 1: update @bondx/mlops`,
    );
  }
  if (!isCount(rowCount)) corrupt('rowCount is no number of rows');
  if (!Array.isArray(columns)) corrupt('columns is no list');
  const decoded = new Map((columns as readonly ProfiledColumn[]).map((column) => [column.name, decode(column)]));
  for (const [name, { state }] of decoded) {
    if (state.present > rowCount) corrupt(`column ${JSON.stringify(name)} has more values than there are rows`);
  }
  return dataSummary(decoded, rowCount);
}

function encode(name: string, { state }: ColumnSummary): ProfiledColumn {
  const { present, numbers, texts, hasNumbers, hasDates, lowest, highest, origin } = state;
  const bins = numbers.bins();
  const room = hasNumbers || hasDates ? textBytes.besideNumbers : textBytes.alone;
  const isSmall = Buffer.byteLength(JSON.stringify(texts.entries())) <= room;
  const counted = texts.isGrouped || isSmall ? texts : texts.grouped();
  const groups = counted.groups();
  return {
    name,
    present,
    ...(hasNumbers && { hasNumbers }),
    ...(hasDates && { hasDates }),
    ...(bins.length > 0 && {
      numbers: {
        dropped: numbers.dropped,
        lowest: String(lowest),
        highest: String(highest),
        bins: toBase64([...bins.map(([bin]) => bin), ...bins.map(([, count]) => count)]),
      },
    }),
    ...(groups === undefined
      ? !counted.isEmpty && { texts: counted.entries().sort(([a], [b]) => (a < b ? -1 : 1)) }
      : { groups: toBase64([...groups]) }),
    ...(Object.keys(origin).length > 0 && { origin }),
  };
}

function decode(column: ProfiledColumn): ColumnSummary {
  const { name, present, numbers, texts = [], groups, origin = {} } = column;
  if (typeof name !== 'string' || !isCount(present)) corrupt(`column ${JSON.stringify(name)} has no name or count`);
  const values = numbers === undefined ? new Float64Array() : fromBase64(numbers.bins, name);
  const half = values.length / 2;
  const counts = new TextCounts();
  for (const [text, count] of texts) {
    if (typeof text !== 'string' || !isCount(count)) corrupt(`column ${JSON.stringify(name)} has texts without counts`);
    counts.add(text, count);
  }
  if (groups !== undefined) {
    const ofGroups = fromBase64(groups, name);
    if (ofGroups.length !== groupCount) corrupt(`column ${JSON.stringify(name)} has ${ofGroups.length} groups`);
    counts.merge(TextCounts.ofGroups(ofGroups));
  }
  if (!Number.isInteger(half) || !values.subarray(half).every(isCount)) {
    corrupt(`column ${JSON.stringify(name)} has bins without counts`);
  }
  return ColumnSummary.of({
    present,
    numbers: DyadicHistogram.of(
      numbers?.dropped ?? 0,
      Array.from({ length: half }, (_, i): [number, number] => [values[i]!, values[half + i]!]),
    ),
    texts: counts,
    hasNumbers: column.hasNumbers === true,
    hasDates: column.hasDates === true,
    lowest: Number(numbers?.lowest ?? Infinity),
    highest: Number(numbers?.highest ?? -Infinity),
    origin,
  });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function corrupt(what: string): never {
  throw new MLOpsError('CORRUPT', `this is no profile: ${what}; pass what createProfile gave, unchanged`);
}

/** Little-endian doubles, whatever the machine's own order. */
function toBase64(values: readonly number[]): string {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  return bytes.toString('base64');
}

function fromBase64(text: unknown, name: string): Float64Array {
  if (typeof text !== 'string') return corrupt(`column ${JSON.stringify(name)} lacks a list`);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % 8 !== 0) corrupt(`column ${JSON.stringify(name)} has a list of broken length`);
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
}
