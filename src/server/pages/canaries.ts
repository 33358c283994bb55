import { sayReplaced } from '../../canary/advise.js';
import { hasEnded, isServing } from '../../canary/transitions.js';
import { canaryContent } from '../../report/canary/canary-content.js';
import { trafficNow } from '../../report/canary/canary-parts.js';
import type { RelativeQuality } from '../../report/canary/relative-quality.js';
import { relativeQuality } from '../../report/canary/relative-quality.js';
import type { CanaryDecision, CanaryDeployment } from '../../canary/deployment.js';
import { type Html, html } from '../../report/page/html.js';
import { count, moment } from '../../report/page/numbers.js';
import { badge, section, table } from '../../report/page/parts.js';
import { actionForm, cursorOf, pageLinks, reasonField } from '../layout.js';
import type { ShowPage, Visit } from '../visit.js';
import { showCharts } from './charts.js';
import { decisionsShown } from './decisions-shown.js';

/** Every canary, newest first. */
export const canaries: ShowPage = async (visit) => {
  const { services, href } = visit;
  const { deployments, cursor } = await services.canaries.listDeployments({ limit: 100, ...cursorOf(visit) });
  return {
    title: 'Canaries',
    content:
      deployments.length === 0
        ? html`<p>There was none yet.</p>`
        : html`${table(
            'Canaries, newest first',
            [
              { title: 'Began' },
              { title: 'Model' },
              { title: 'Candidate' },
              { title: 'Production' },
              { title: 'Status' },
              { title: 'Traffic', kind: 'number' },
              { title: 'Why' },
            ],
            deployments.map((d) => [
              html`<a href="${href('canaries', d.deploymentId)}">${moment(d.createdAt)}</a>`,
              d.modelName,
              d.candidateVersion,
              d.productionVersion,
              badge(d.status),
              trafficNow(d),
              d.endReason,
            ]),
          )}${pageLinks(visit, cursor)}`,
  };
};

/** One canary, kept up to date. @param version says whether something changed */
export const canary =
  (version: () => Promise<string>): ShowPage =>
  async (visit) => {
    const [deploymentId = ''] = visit.params;
    const seen = await version();
    const { title, content } = await liveCanary(visit);
    return {
      title,
      kicker: 'Canary',
      content: html`<p id="stale" class="note" role="status"></p>
        <div id="live" data-from="${visit.href('canaries', deploymentId, 'live')}" data-version="${seen}">
          ${content}
        </div>
        <noscript><p class="note">Reload the page to see what changed since.</p></noscript>`,
    };
  };

/** What of a canary's page changes: what can be done with it, too. */
export async function liveCanary(visit: Visit): Promise<{ readonly title: string; readonly content: Html }> {
  const { services, params } = visit;
  const [deploymentId = ''] = params;
  const { deployment, processes } = await services.canaries.getStatus(deploymentId);
  const shown = await decisionsShown(services.canaries, deployment);
  const { production } = await services.registry.getModel(deployment.modelName);
  const isReplaced = !hasEnded(deployment.status) && production !== deployment.productionVersion;
  const content = html`${actions(visit, deployment)}
  ${isReplaced && html`<p class="note">Production answers everything: ${sayReplaced(deployment, production)}.</p>`}
  ${await canaryContent({ deployment, ...shown }, { showCharts: drawn(shown.decisions), qualityOf: remembered })}
  ${section(
    'processes',
    'Processes that serve it',
    processes.length > 0 &&
      table(
        'Processes, and what each has seen',
        [
          { title: 'Process' },
          { title: 'Status' },
          { title: 'Reported' },
          { title: 'Canary', kind: 'number' },
          { title: 'Production', kind: 'number' },
          { title: 'Outcomes', kind: 'number' },
        ],
        processes.map((p) => [
          p.process.slice(0, 13),
          p.status,
          moment(p.flushedAt),
          count(p.routed.canary),
          count(p.routed.production),
          count(p.outcomes),
        ]),
      ),
  )} `;
  return {
    title: `${deployment.modelName} ${deployment.candidateVersion} beside ${deployment.productionVersion}`,
    content,
  };
}

function actions(visit: Visit, { deploymentId, modelName, status }: CanaryDeployment): Html | undefined {
  if (hasEnded(status)) return undefined;
  const fields = { deploymentId, modelName };
  return html`<section class="actions" aria-label="Actions">
    <h2>Steer it</h2>
    ${status !== 'halted' && actionForm(visit, 'halt', 'Halt now', fields, reasonField('reason-halt', true))}
    ${isServing(status) && actionForm(visit, 'pause', 'Pause', fields)}
    ${status === 'paused' && actionForm(visit, 'resume', 'Resume', fields)}
    ${status !== 'halted' && actionForm(visit, 'promote-canary', 'Promote', fields)}
    ${actionForm(visit, 'rollback', 'Roll back', fields)}
  </section>`;
}

const most = { qualities: 500, drawings: 50 };
const qualities = new Map<string, readonly RelativeQuality[]>();
const drawings = new Map<string, Promise<readonly Html[]>>();

/** Decisions never change: what was computed of one holds. */
function remembered(decision: CanaryDecision): readonly RelativeQuality[] {
  const known = qualities.get(decision.decisionId) ?? relativeQuality(decision);
  keep(qualities, decision.decisionId, known, most.qualities);
  return known;
}

/** And what was drawn of some: that takes far longer than all else, and processes report every few seconds. */
const drawn =
  (decisions: readonly CanaryDecision[]): typeof showCharts =>
  (charts) => {
    const key = decisions.map(({ decisionId }) => decisionId).join();
    const known = drawings.get(key) ?? showCharts(charts);
    keep(drawings, key, known, most.drawings);
    known.catch(() => drawings.delete(key));
    return known;
  };

function keep<T>(entries: Map<string, T>, key: string, value: T, mostEntries: number): void {
  const [oldest] = entries.keys();
  if (!entries.has(key) && entries.size >= mostEntries && oldest !== undefined) entries.delete(oldest);
  entries.set(key, value);
}
