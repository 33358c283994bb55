import type { DriftReport } from '../../drift/drift-report.js';
import { driftHeatMap } from '../../report/charts/drift-heat-map.js';
import { driftReportContent } from '../../report/drift/drift-report-content.js';
import { html } from '../../report/page/html.js';
import { interval, moment } from '../../report/page/numbers.js';
import { badge, section, table } from '../../report/page/parts.js';
import { cursorOf, pageLinks } from '../layout.js';
import type { ShowPage } from '../visit.js';
import { showCharts } from './charts.js';

/** The latest report of each model: of those checked lately, and of those in the registry, page by page. */
export const drift: ShowPage = async (visit) => {
  const { services, href } = visit;
  const latest = new Map<string, DriftReport>();
  const add = ({ reports }: { readonly reports: readonly DriftReport[] }): void => {
    for (const report of reports) if (!latest.has(report.modelName)) latest.set(report.modelName, report);
  };
  if (!visit.url.searchParams.has('cursor')) add(await services.monitor.listReports({ limit: 200 }));
  const { models, cursor } = await services.registry.getModels({ limit: 50, ...cursorOf(visit) });
  for (const { modelName } of models)
    if (!latest.has(modelName)) add(await services.monitor.listReports({ modelName, limit: 1 }));
  return {
    title: 'Drift',
    content: html`${
      latest.size === 0
        ? html`<p>Nothing was checked yet.</p>`
        : table(
            'The latest check of each model',
            [{ title: 'Model' }, { title: 'Verdict' }, { title: 'Checked' }, { title: 'Drifted features' }],
            [...latest.values()].map(({ modelName, verdict, createdAt, driftedFeatures }) => [
              html`<a href="${href('drift', modelName)}">${modelName}</a>`,
              badge(verdict),
              moment(createdAt),
              driftedFeatures.join(', '),
            ]),
          )
    }${pageLinks(visit, cursor)}`,
  };
};

/** Checks of a model that its page shows at most, the newest. */
const mostChecks = 100;

/** A model's columns over its checks. */
export const modelDrift: ShowPage = async ({ services, href, params }) => {
  const [modelName = ''] = params;
  const history = await services.monitor.getHistory({ modelName, limit: mostChecks });
  if (history.checks.length === 0) {
    await services.registry.getModel(modelName); // an unknown one is refused
    return { title: modelName, kicker: 'Drift', content: html`<p>Nothing was checked yet.</p>` };
  }
  return {
    title: modelName,
    kicker: 'Drift',
    content: html`${section('map', 'Columns over time', await showCharts([driftHeatMap(history)]))}
    ${section(
      'columns',
      'Columns now',
      table(
        'Each column at its latest check',
        [
          { title: 'Column' },
          { title: 'Verdict' },
          { title: 'Distance (interval)', kind: 'number' },
          { title: 'Distance over time' },
          { title: 'Checks', kind: 'number' },
        ],
        history.columns.map(({ column, points, trend }) => {
          const last = points.at(-1)!;
          return [column, badge(last.verdict), last.distance && interval(last.distance), trend, points.length];
        }),
      ),
    )}
    ${section(
      'checks',
      'Checks',
      table(
        history.checks.length < mostChecks ? 'Checks, newest first' : `The newest ${mostChecks} checks`,
        [{ title: 'Checked' }, { title: 'Verdict' }],
        history.checks
          .toReversed()
          .map(({ reportId, createdAt, verdict }) => [
            html`<a href="${href('drift-reports', reportId)}">${moment(createdAt)}</a>`,
            badge(verdict),
          ]),
      ),
    )}`,
  };
};

export const driftReport: ShowPage = async ({ services, params }) => {
  const report = await services.monitor.getReport(params[0] ?? '');
  return { title: report.modelName, kicker: 'Drift report', content: await driftReportContent(report) };
};
