import { describe, expect, it } from 'vitest';
import { type BaselineProfile, DriftMonitor, createProfile, toTable } from '@bondx/mlops';
import { renderDriftReport } from '@bondx/mlops/report';
import { profileOf } from '../../src/data/baseline-profile.js';
import { ColumnSummary } from '../../src/data/column-summary.js';
import { dataSummary } from '../../src/data/data-summary.js';
import { createRandom } from '../../src/util/random.js';
import { createWorld, failure, smallRows } from '../helpers.js';
import { wideReport } from './drift-fixture.js';

/** Counts as ten million rows leave them: as many bins and texts as a profile keeps. */
function wideProfile(columns: readonly string[], rowCount: number, seed: number): BaselineProfile {
  const random = createRandom(seed);
  const values = Float64Array.from({ length: 6000 }, () => (random.next() + random.next()) ** 3);
  const texts = Array.from({ length: 2000 }, (_, i) => `category number ${i}`);
  const rows = texts.map((text, i) => ({ text, value: values[i]! }));
  const sample = toTable(rows);
  const summary = (name: string): ColumnSummary => {
    const made = new ColumnSummary();
    Array.from(made.addSteps(sample.column(name)));
    return made;
  };
  const [text, value] = [summary('text'), summary('value')];
  return profileOf(dataSummary(new Map(columns.map((name, i) => [name, i % 4 === 0 ? text : value])), rowCount));
}

async function checked(): Promise<{
  report: Awaited<ReturnType<DriftMonitor['detectDrift']>>;
  profiles: BaselineProfile[];
}> {
  const { config, options } = createWorld();
  const [baselineData, currentData] = [smallRows(2000), smallRows(2000, { seed: 2, shift: 3 })];
  const report = await new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData,
    currentData,
    featureColumns: ['x', 'kind'],
    targetColumn: 'y',
  });
  return { report, profiles: [await createProfile(baselineData), await createProfile(currentData)] };
}

describe('a drift report as HTML', () => {
  it('says the verdict first, and everything that it rests on', async () => {
    const { report, profiles } = await checked();
    const page = await renderDriftReport(report, { baselineProfile: profiles[0]!, currentProfile: profiles[1]! });
    expect(page.indexOf('Drifted, retraining required')).toBeLessThan(page.indexOf('<h2'));
    const { inputs } = report;
    for (const text of [report.reportId, inputs.baselineDigest, inputs.currentDigest, inputs.policyDigest, '2,000'])
      expect(page).toContain(text);
    for (const heading of ['Distances', 'Columns', 'Values', 'How this was computed'])
      expect(page).toMatch(new RegExp(`<h2 id="[a-z]+">${heading}</h2>`));
    const x = report.columns.find(({ column }) => column === 'x')!;
    expect(page).toContain(`${Number(x.distance!.value.toPrecision(4))} (`);
  });

  it('shows the tests that were asked for beside, and no such table otherwise', async () => {
    const { config, options } = createWorld();
    const report = await new DriftMonitor(config, options).detectDrift({
      modelName: 'spread',
      baselineData: smallRows(300),
      currentData: smallRows(300, { seed: 2, shift: 3 }),
      featureColumns: ['x', 'kind'],
      tests: ['anderson_darling', 'g_test', 'energy_distance'],
    });
    const page = await renderDriftReport(report);
    const table = page.slice(page.indexOf('<h2 id="tests">Tests</h2>'));
    for (const text of ['Anderson–Darling', '<th scope="row">kind</th><td>G</td>', 'energy distance', 'together: x'])
      expect(table.replaceAll(/\s+</g, '<')).toContain(text);
    expect(await renderDriftReport({ ...report, columns: [], jointTests: [] })).not.toContain('id="tests"');
  });

  it('is the same for the same report, to the byte', async () => {
    const { report } = await checked();
    expect(await renderDriftReport(report)).toBe(await renderDriftReport(report));
  });

  it('holds no script and nothing that is loaded from anywhere', async () => {
    const page = await renderDriftReport(wideReport(8));
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|url\(|@import|\b(?:src|href)=/i);
    expect(page).toMatch(
      /Content-Security-Policy" content="default-src &#39;none&#39;|Content-Security-Policy" content="default-src 'none'/,
    );
  });

  it('keeps hostile names texts: in tables, charts and titles', async () => {
    const hostile = `</title></text></style><script>alert(1)</script><img src=x onerror="alert(2)">' datum.x {{1+1}}`;
    const report = wideReport(4);
    const rename = (name: string): string => `${hostile}${name}`;
    const page = await renderDriftReport({
      ...report,
      modelName: hostile,
      columns: report.columns.map((column) => ({
        ...column,
        column: rename(column.column),
        message: hostile,
        findings: [{ kind: 'failed', message: hostile }],
      })),
      recommendations: [hostile],
      findings: [{ kind: 'failed', message: hostile }],
    });
    expect(page).not.toMatch(/<script|<img/i);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.match(/<\/title>/g)).toHaveLength(1);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
  });

  it('has a text for each chart, a heading for each row and column', async () => {
    const page = await renderDriftReport(wideReport(8));
    const charts = page.match(/<svg/g)!.length;
    expect(page.match(/<svg role="img" aria-label="[^"]{40,}"/g)).toHaveLength(charts);
    expect(page.match(/<tr>\s*<th scope="(?:row|col)"/g)).toHaveLength(page.match(/<tr>/g)!.length);
  });

  it('takes less than 1 MB for 100 columns of 10 million rows, values shown', async () => {
    const report = wideReport(100);
    const columns = report.columns.map(({ column }) => column);
    const [baselineProfile, currentProfile] = [1, 2].map((seed) => wideProfile(columns, 10_000_000, seed));
    const page = await renderDriftReport(report, {
      baselineProfile: baselineProfile!,
      currentProfile: currentProfile!,
    });
    expect(page.match(/class="chart small"/g)!.length).toBe(100);
    console.log(`100 columns: ${Math.round(Buffer.byteLength(page) / 1000)} kB`);
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
  });

  it('tells what could not be assessed', async () => {
    const report = wideReport(4);
    const [, , , unknown] = report.columns;
    const page = await renderDriftReport({
      ...report,
      verdict: 'not_assessed',
      requiresRetraining: false,
      columns: [unknown!],
    });
    expect(page).toContain('Not assessed: there was nothing to compare');
    expect(page).toMatch(/Retraining<[^>]*>\s*<dd>cannot tell</);
    expect(page).not.toContain('Largest distance');
    expect(page).not.toContain('<svg');
  });

  it('refuses profiles of other data, and one without the other', async () => {
    const { report, profiles } = await checked();
    const [baselineProfile, currentProfile] = profiles as [BaselineProfile, BaselineProfile];
    const other = await createProfile(smallRows(10));
    expect((await failure(renderDriftReport(report, { baselineProfile, currentProfile: other }))).message).toContain(
      'counts 10 rows, the report is about 2000',
    );
    expect((await failure(renderDriftReport(report, { currentProfile }))).message).toContain('or neither');
    expect((await failure(renderDriftReport(report, { profile: 1 } as object))).message).toContain(
      'no option "profile"',
    );
  });
});
