import { isAboutMetric } from '../../models/metrics/registered-metric.js';
import type { PromotionRequest } from '../../registry/approvals/approval.js';
import type { ModelVersion } from '../../registry/model-record.js';
import { cardFacts } from '../../report/model/card-facts.js';
import { modelCardContent } from '../../report/model/model-card-content.js';
import { type Html, html } from '../../report/page/html.js';
import { moment, number } from '../../report/page/numbers.js';
import { badge, section } from '../../report/page/parts.js';
import { actionForm, cursorOf, pageLinks, reasonField } from '../layout.js';
import type { ShowPage, Visit } from '../visit.js';

const stages = ['Development', 'Staging', 'Production', 'Archived'] as const;
/** Versions of a model that the board shows at most, the newest, besides those in use. */
const mostVersions = 30;

/** Every model as a board of stages, and the promotions that people decide on. */
export const models: ShowPage = async (visit) => {
  const { registry } = visit.services;
  const { models: found, cursor } = await registry.getModels({ limit: 50, ...cursorOf(visit) });
  const requests = await registry.approvals.list({ isOpen: true });
  const boards = await Promise.all(found.map(async ({ modelName }) => board(visit, modelName)));
  return {
    title: 'Models',
    content: html`${section(
      'requests',
      'Promotions to decide on',
      await Promise.all(requests.map((request) => requestCard(visit, request))),
    )}
    ${found.length === 0 ? html`<p>There are none yet: registering a version begins one.</p>` : boards}
    ${pageLinks(visit, cursor)}`,
  };
};

async function board(visit: Visit, modelName: string): Promise<Html> {
  const { registry } = visit.services;
  const newest = await registry.listModels({ modelName, limit: mostVersions });
  const pages = [newest];
  if (newest.cursor !== undefined) {
    // What is in use may be older than the newest.
    for (const stage of ['Staging', 'Production'] as const)
      pages.push(await registry.listModels({ modelName, stage, limit: mostVersions }));
  }
  const versions = new Map(
    pages.flatMap((page) => page.versions).map((version) => [version.version, version]),
  ).values();
  const cards = await Promise.all(
    [...versions].map(async (version) => ({ stage: version.stage, card: await versionCard(visit, version) })),
  );
  return html`<section aria-label="${modelName}">
    <h2>${modelName}</h2>
    <div class="board">
      ${stages.map(
        (stage) =>
          html`<section aria-label="${stage} of ${modelName}">
            <h3>${stage}</h3>
            ${cards.filter((entry) => entry.stage === stage).map(({ card }) => card)}
          </section>`,
      )}
    </div>
    ${
      newest.cursor !== undefined &&
      html`<p class="c-muted">
        The newest ${mostVersions} versions, and those in
        use${pages.slice(1).some(({ cursor }) => cursor !== undefined) && `, of each stage the newest ${mostVersions}`}.
      </p>`
    }
  </section>`;
}

async function versionCard({ services, href }: Visit, version: ModelVersion): Promise<Html> {
  const { modelName, stage, description, performanceMetrics } = version;
  // Gates are assessed where they are the next step: it takes reading the files.
  const gates = stage === 'Staging' ? await services.registry.checkGates(modelName, version.version) : [];
  const metrics = Object.entries(performanceMetrics).filter(([name]) => !isAboutMetric(name));
  return html`<article class="card">
    <p>
      <a href="${href('models', modelName, version.version)}"><strong>${version.version}</strong></a>
    </p>
    ${description !== undefined && html`<p>${description}</p>`}
    <p class="c-muted">
      ${metrics
        .slice(0, 3)
        .map(([name, value]) => `${name} ${number(value)}`)
        .join(', ')}
    </p>
    ${
      gates.length > 0 &&
      html`<ul>
        ${gates.map(({ gate, status }) => html`<li>${gate}: ${badge(status)}</li>`)}
      </ul>`
    }
  </article>`;
}

async function requestCard(visit: Visit, request: PromotionRequest): Promise<Html> {
  const { requestId, modelName, version, reason, requestedBy, requestedAt, votes, requiredApprovals, status } = request;
  const approvals = votes.filter(({ verdict }) => verdict === 'approve');
  const comment = html`<label for="comment-${requestId}">Comment</label>
    <input id="comment-${requestId}" name="comment" maxlength="500" />`;
  const promotion = status === 'approved' && { requestId, ...(await replaces(visit, modelName)) };
  return html`<article class="card">
    <p>
      <a href="${visit.href('models', modelName, version)}"><strong>${modelName} ${version}</strong></a
      >: ${reason}
    </p>
    <p class="c-muted">
      Asked for by ${requestedBy} at ${moment(requestedAt)}; ${badge(status)}, ${approvals.length} of
      ${requiredApprovals} approvals${approvals.length > 0 && ` (${approvals.map(({ by }) => by).join(', ')})`}
    </p>
    ${status === 'open' && actionForm(visit, 'approve', 'Approve', { requestId }, comment)}
    ${status === 'open' && actionForm(visit, 'reject', 'Reject', { requestId })}
    ${promotion && actionForm(visit, 'execute', 'Promote now', promotion)}
  </article>`;
}

/** What a promotion from this page is to take the place of; empty for nothing. */
async function replaces({ services }: Visit, modelName: string): Promise<{ readonly replaces: string }> {
  const { production = '' } = await services.registry.getModel(modelName);
  return { replaces: production };
}

/** A version's model card, and what can be done with it. */
export const modelVersion: ShowPage = async (visit) => {
  const [modelName = '', version = ''] = visit.params;
  const fields = { modelName, version, ...(await replaces(visit, modelName)) };
  const facts = await cardFacts(visit.services.registry, modelName, { version });
  const targets = stages.filter((stage) => stage !== facts.version.stage);
  const content = html`${await modelCardContent(facts)}
    <section class="actions" aria-label="Actions">
      <h2>Move it</h2>
      ${targets.map((stage) =>
        actionForm(visit, 'promote', `To ${stage}`, { ...fields, stage }, reasonField(`reason-${stage}`)),
      )}
      <h3>Ask others</h3>
      ${actionForm(visit, 'request', 'Ask for promotion', { modelName, version }, reasonField('reason-request', true))}
    </section>`;
  return { title: `${modelName} ${version}`, kicker: 'Model version', content };
};
