import { html } from '../../report/page/html.js';
import { moment, number } from '../../report/page/numbers.js';
import { badge, bullets, digest, proof, section, table } from '../../report/page/parts.js';
import { metricCurves } from '../../report/charts/metric-curves.js';
import { leftOut, metricHistories } from '../../report/runs/metric-histories.js';
import { callRuns, metricTable, parameterTable, runTable } from '../../report/runs/run-tables.js';
import { where } from '../../search/filter.js';
import { compareRuns } from '../../tracking/compare-runs.js';
import { cursorOf, pageLinks } from '../layout.js';
import type { ShowPage } from '../visit.js';
import { MLOpsError } from '../../errors.js';
import { refuse } from '../../util/check.js';
import { showCharts } from './charts.js';

/** Runs compared at most: so many curves can be told apart. */
const mostRuns = 6;

/** Every experiment. */
export const experiments: ShowPage = async (visit) => {
  const { services, href } = visit;
  const { experiments: found, cursor } = await services.tracker.listExperiments(cursorOf(visit));
  return {
    title: 'Experiments',
    content:
      found.length === 0
        ? html`<p>There are none yet: the first run begins one.</p>`
        : html`${table(
            'Experiments',
            [{ title: 'Experiment' }, { title: 'Description' }, { title: 'Began' }, { title: 'By' }],
            found.map(({ experimentName, description, createdAt, createdBy }) => [
              html`<a href="${href('experiments', experimentName)}">${experimentName}</a>`,
              description,
              moment(createdAt),
              createdBy,
            ]),
          )}${pageLinks(visit, cursor)}`,
  };
};

/** The runs of an experiment, to choose some to compare. */
export const experimentRuns: ShowPage = async (visit) => {
  const { services, href, params } = visit;
  const [experimentName = ''] = params;
  const { runs, cursor } = await services.tracker.listRuns({ experimentName, limit: 100, ...cursorOf(visit) });
  if (runs.length === 0) {
    const filter = where.attribute('experiment_name').eq(experimentName);
    const ever = await services.tracker.searchRuns({ filter, view: 'all', limit: 1 });
    if (ever.runs.length === 0) throw new MLOpsError('NOT_FOUND', `there is no run of an experiment ${experimentName}`);
    return { title: experimentName, kicker: 'Experiment', content: html`<p>All of its runs were deleted.</p>` };
  }
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort().slice(0, 6);
  const content = html`<form method="get" action="${href('compare')}">
      <p>
        <button type="submit">Compare the chosen runs</button> At most ${mostRuns}; the first is what the others are
        compared with.
      </p>
      ${table(
        `Runs of ${experimentName}, newest first`,
        [
          { title: 'Run' },
          { title: 'Choose' },
          { title: 'Status' },
          { title: 'Began' },
          { title: 'By' },
          ...metrics.map((title) => ({ title, kind: 'number' as const })),
        ],
        runs.map((run) => {
          const name = run.runName ?? `…${run.runId.slice(-8)}`;
          return [
            html`<a href="${href('compare')}?run=${run.runId}">${name}</a>`,
            html`<input type="checkbox" name="run" value="${run.runId}" aria-label="Compare ${name}" />`,
            badge(run.status),
            moment(run.startedAt),
            run.startedBy,
            ...metrics.map((metric) => (run.metrics[metric] === undefined ? '–' : number(run.metrics[metric].last))),
          ];
        }),
      )}
    </form>
    ${pageLinks(visit, cursor)}`;
  return { title: experimentName, kicker: 'Experiment', content };
};

/** Runs side by side, with their curves. */
export const compare: ShowPage = async ({ services, url }) => {
  const ids = [...new Set(url.searchParams.getAll('run'))];
  if (ids.length === 0 || ids.length > mostRuns) refuse(`choose 1 to ${mostRuns} runs to compare`);
  const { tracker } = services;
  const comparison = ids.length === 1 ? compareRuns([await tracker.getRun(ids[0]!)]) : await tracker.compareRuns(ids);
  const histories = await metricHistories(tracker, comparison);
  const names = callRuns(comparison);
  const curves = Object.entries(histories).map(([metric, points]) =>
    metricCurves(
      metric,
      points.map((of, i) => ({ run: names[i]!, points: of })),
    ),
  );
  const charts = await showCharts(curves);
  const { metrics, parameters } = comparison;
  return {
    title: names.join(' · '),
    kicker: ids.length === 1 ? 'Run' : 'Comparison of runs',
    content: html`${section('runs', 'Runs', runTable(comparison, names))}
    ${section('metrics', 'Metrics', metrics.length > 0 && metricTable(comparison, names))}
    ${section('curves', 'Curves', charts.length > 0 && [bullets(leftOut(comparison, histories)), ...charts])}
    ${section('parameters', 'Parameters', parameters.length > 0 && parameterTable(comparison, names))}
    ${section(
      'digests',
      'Digests',
      proof(
        metrics.flatMap(({ name, values }) =>
          values.flatMap((value, i) =>
            value === null ? [] : [[`${name}, ${names[i]!}`, digest(value.digest)] as const],
          ),
        ),
      ),
    )}`,
  };
};
