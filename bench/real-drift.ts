/**
 * Regimes and quiet periods in real data, as the default policy judges them. Prints the tables of
 * docs/statistics/real-data.md, and writes them there with --write. Data sets that are not in the folder are left out;
 * the bonds are in the repository. Usage: npm run bench:real-drift [folder] [--write]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Table, MLOpsConfig, createRandom, readCsv, toTable } from '@bondx/mlops';
import { type Column, columnLength, takeFromColumn } from '../src/data/column.js';
import { assessDrift } from '../src/drift/assess-drift.js';
import type { DriftReport } from '../src/drift/drift-report.js';
import { shuffle } from '../src/util/random.js';
import { dataFolder as folder } from './data-folder.js';
import { evidentlyDrifted } from './evidently-default.js';

const page = new URL('../docs/statistics/real-data.md', import.meta.url);
const config = MLOpsConfig.default({ environment: {} });

const read = async (path: string): Promise<Table | undefined> => (existsSync(path) ? readCsv(path) : undefined);

type Report = Omit<DriftReport, 'reportId' | 'createdAt' | 'modelVersion'>;

function check(baseline: Table, current: Table, columns: string, clusterColumn?: string): Report {
  const inputs = {
    modelName: 'real',
    policy: config.modelPolicy('real'),
    baseline,
    current,
    featureColumns: columns.split(' '),
    ...(clusterColumn !== undefined && { clusterColumn }),
  };
  return assessDrift(inputs, config, undefined);
}

const timesOf = (table: Table): Float64Array => {
  const date = table.column('date');
  return date.kind === 'date' ? date.values : new Float64Array();
};

/** Rows from one date up to but not including another. */
function between(table: Table, from: string, to: string): Table {
  const times = timesOf(table);
  const rows = [...times.keys()].filter((row) => times[row]! >= Date.parse(from) && times[row]! < Date.parse(to));
  return table.take(rows);
}

/** With a column `month`, such as 2012-03, by which a series of days is taken as clustered. */
const withMonth = (table: Table): Table =>
  withTexts(
    table,
    'month',
    Array.from(timesOf(table), (at) => new Date(at).toISOString().slice(0, 7)),
  );

const withTexts = (table: Table, name: string, texts: readonly string[]): Table =>
  table.withColumn(toTable({ [name]: texts }, { types: { [name]: 'categorical' } }).column(name));

const percent = (part: number, whole: number): string => `${part} of ${whole}`;

const score = (report: Report, name: string): string => {
  const { distance, verdict } = report.columns.find(({ column }) => column === name)!;
  return distance === undefined
    ? `${name} ${verdict}`
    : `${name} ${distance.value.toFixed(2)} (${distance.lower.toFixed(2)}–${distance.upper.toFixed(2)})`;
};

const regimes: Record<string, string>[] = [];

function regime(data: string, baseline: string, current: string, report: Report): void {
  const others = report.columns.filter(({ verdict }) => verdict !== 'drifted');
  regimes.push({
    data,
    baseline,
    current,
    'drifted, the strongest first': report.driftedFeatures.map((name) => score(report, name)).join(', ') || 'none',
    'not drifted': others.map(({ column, verdict }) => `${score(report, column)} ${verdict}`).join(', ') || 'none',
  });
}

const quiet: Record<string, string>[] = [];

interface Period {
  readonly name: string;
  readonly table: Table;
}

/** Every period against the one after it; `columns` of which none is expected to move. */
function neighbours(data: string, what: string, periods: readonly Period[], columns: string, cluster?: string): void {
  const reports = periods.slice(1).map((period, i) => ({
    name: `${periods[i]!.name} to ${period.name}`,
    report: check(periods[i]!.table, period.table, columns, cluster),
  }));
  const theirs = periods.slice(1).filter((period, i) => isFlaggedByEvidently(periods[i]!.table, period.table, columns));
  const flagged = reports.filter(({ report }) => report.requiresRetraining);
  quiet.push({
    data,
    pairs: what,
    columns: columns.split(' ').join(', '),
    'dependent rows': cluster ?? 'none',
    flagged: percent(flagged.length, reports.length),
    'by Evidently’s default': percent(theirs.length, reports.length),
    which: flagged.map(({ name, report }) => `${name} (${report.driftedFeatures.join(', ')})`).join('; '),
  });
}

/** Whether Evidently's default rule calls any of the columns drifted. */
function isFlaggedByEvidently(baseline: Table, current: Table, columns: string): boolean {
  const present = (table: Table, name: string): Column => {
    const column = table.column(name);
    const rows = Array.from({ length: table.rowCount }, (_, row) => row).filter((row) =>
      column.kind === 'categorical' ? column.codes[row]! >= 0 : !Number.isNaN(column.values[row]),
    );
    return takeFromColumn(column, rows);
  };
  return columns.split(' ').some((name) => {
    const [before, after] = [present(baseline, name), present(current, name)];
    return columnLength(before) > 0 && columnLength(after) > 0 && evidentlyDrifted(before, after);
  });
}

const years = (table: Table, from: number, to: number): Period[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    name: String(from + i),
    table: between(table, `${from + i}-01-01`, `${from + i + 1}-01-01`),
  }));

function bonds(table: Table): void {
  const columns =
    'ytm benchmark_yield spread_bps coupon_rate age_years issue_size_bn security_type term n_reopenings maturity_years';
  const [before, after] = [between(table, '2010', '2012'), between(table, '2012', '2013')];
  regime('bonds', '2010–11', '2012', check(before, after, columns, 'security_id'));
  const months = Array.from({ length: 36 }, (_, i) => {
    const start = new Date(Date.UTC(2010, i, 1)).toISOString();
    return { name: start.slice(0, 7), table: between(table, start, new Date(Date.UTC(2010, i + 1, 1)).toISOString()) };
  });
  const still = 'coupon_rate maturity_years age_years n_reopenings modified_duration security_type term issue_size_bn';
  neighbours('bonds', 'month and next month', months, still, 'security_id');
  const quarters = Array.from({ length: 12 }, (_, i) => {
    const start = new Date(Date.UTC(2010, 3 * i, 1)).toISOString();
    return {
      name: start.slice(0, 7),
      table: between(table, start, new Date(Date.UTC(2010, 3 * i + 3, 1)).toISOString()),
    };
  });
  neighbours('bonds', 'quarter and next quarter', quarters, still, 'security_id');
}

function bills(bare: Table): void {
  const table = withMonth(bare);
  const columns = 'investment_yield discount_rate price slope_10y_bps y10_prev_day term maturity_years';
  regime(
    'bills',
    '2006–07',
    '2009–15',
    check(between(table, '2006', '2008'), between(table, '2009', '2016'), columns, 'month'),
  );
  regime(
    'bills',
    '2015',
    '2017',
    check(between(table, '2015', '2016'), between(table, '2017', '2018'), columns, 'month'),
  );
  neighbours('bills', 'year and next year', years(table, 2002, 2018), 'maturity_days maturity_years', 'month');
}

function curve(bare: Table): void {
  const tenors = ['y1', 'y3', 'y5', 'y10'];
  let table = withMonth(bare);
  for (const tenor of tenors) {
    const column = table.column(tenor);
    const values = column.kind === 'numeric' ? column.values : new Float64Array();
    const name = `${tenor}_change`;
    const changes = values.map((value, row) => (row === 0 ? NaN : value - values[row - 1]!));
    table = table.withColumn(toTable({ [name]: changes }).column(name));
  }
  const columns = 'y1 y3 y5 y10 y1_change y3_change y5_change y10_change';
  const decade = (from: number): Table => between(table, `${from}-01-01`, `${from + 10}-01-01`);
  regime('par curve', '1980s', '2010s', check(decade(1980), decade(2010), columns, 'month'));
  regime(
    'par curve',
    '1977–78',
    '1980–81',
    check(between(table, '1977', '1979'), between(table, '1980', '1982'), columns, 'month'),
  );
  neighbours('par curve', 'year and next year', years(table, 1985, 2006), 'y5_change y10_change', 'month');
  neighbours('par curve', 'year and next year', years(table, 1976, 1983), 'y1_change y3_change', 'month');
}

function credit(table: Table): void {
  const limit = table.column('LIMIT_BAL');
  const values = limit.kind === 'numeric' ? limit.values : new Float64Array();
  const where = (holds: (value: number) => boolean): Table =>
    table.take([...values.keys()].filter((row) => holds(values[row]!)));
  const columns = 'SEX EDUCATION MARRIAGE AGE PAY_1 PAY_2 BILL_AMT1 BILL_AMT6 PAY_AMT1 PAY_AMT6 default_next_month';
  regime(
    'credit default',
    'limit up to 50,000',
    'limit from 240,000',
    check(
      where((value) => value <= 50_000),
      where((value) => value >= 240_000),
      columns,
    ),
  );
  const rows = Int32Array.from({ length: table.rowCount }, (_, row) => row);
  shuffle(rows, createRandom(42));
  const parts = Array.from({ length: 11 }, (_, i) => ({
    name: `part ${i + 1}`,
    table: table.take(rows.subarray(i * 2500, (i + 1) * 2500)),
  }));
  neighbours('credit default', 'random parts of 2,500 rows', parts, columns);
}

function markdown(rows: readonly Record<string, string>[]): string {
  const head = Object.keys(rows[0]!);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(head.map((name) => row[name]!)))].join(
    '\n',
  );
}

const panel = await read(new URL('../examples/data/bonds-monthly-2010-2012.csv', import.meta.url).pathname);
if (panel !== undefined) bonds(panel);
for (const [path, study] of [
  ['treasury-bills/bill-auctions-1998-2019.csv', bills],
  ['par-curve/par-curve-daily-1962-2022.csv', curve],
  ['credit-default/credit-card-default.csv', credit],
] as const) {
  const table = await read(join(folder, path));
  if (table === undefined) console.error(`${join(folder, path)} is not there: left out`);
  else study(table);
}
const tables = `### Regimes\n\n${markdown(regimes)}\n\n### Quiet neighbours\n\n${markdown(quiet)}`;
console.log(tables);
if (process.argv.includes('--write')) {
  const text = readFileSync(page, 'utf8');
  const [start, end] = ['<!-- tables -->', '<!-- end -->'];
  const before = text.slice(0, text.indexOf(start) + start.length);
  writeFileSync(page, `${before}\n\n${tables}\n\n${text.slice(text.indexOf(end))}`);
}
