import type { CanaryDecision, CanaryDeployment } from '../../canary/deployment.js';
import { checkOptions } from '../../util/check.js';
import { document } from '../page/document.js';
import { figure } from '../page/figure.js';
import { html } from '../page/html.js';
import { count, moment, percent } from '../page/numbers.js';
import { digest, facts, proof, section, verdictBanner } from '../page/parts.js';
import { canaryCharts, decisionProof, evidenceTable, timeline } from './canary-parts.js';

/** What a canary report is made from, as `getDeployment` and `listDecisions` give it. */
export interface CanaryReportFacts {
  readonly deployment: CanaryDeployment;
  /** Oldest first. */
  readonly decisions: readonly CanaryDecision[];
}

const words: Readonly<Record<CanaryDeployment['status'], string>> = {
  shadow: 'In shadow mode',
  active: 'Under way',
  paused: 'Paused',
  halted: 'Halted',
  promoted: 'Promoted',
  rolled_back: 'Rolled back',
};

/**
 * A canary as an HTML file of its own: how it stands or ended and why, the confidence sequence of each metric in relation to
 * production, the evidence of both arms, and everything that was decided and done.
 *
 * @throws MLOpsError `MISSING_DEPENDENCY` without `vega` and `vega-lite`
 */
export async function renderCanaryReport(canary: CanaryReportFacts): Promise<string> {
  checkOptions(canary, ['deployment', 'decisions'], 'renderCanaryReport');
  const { deployment, decisions } = canary;
  const last = decisions.at(-1);
  const why = deployment.endReason ?? last?.reason ?? 'not evaluated yet';
  const content = html` ${verdictBanner(deployment.status, words[deployment.status], html`<p>${why}</p>`)}
  ${facts([
    ['Candidate', deployment.candidateVersion],
    ['Production', deployment.productionVersion],
    ['Traffic', percent(deployment.trafficFraction)],
    ['Requests answered', last && count(last.used.predictions)],
    ['Decisions', count(decisions.length)],
    ['Began', moment(deployment.createdAt)],
    ['Ended', deployment.endedAt && moment(deployment.endedAt)],
  ])}
  ${section('quality', 'In relation to production', await Promise.all(canaryCharts(decisions).map(figure)))}
  ${section('arms', 'Both arms', last && evidenceTable(last))}
  ${section('timeline', 'Timeline', timeline(deployment, decisions))}
  ${section(
    'evidence',
    'How this was computed',
    last && [
      html`<p>
        Evidence is an e-process, valid however often it is looked at. The confidence sequence holds every quality that
        it has not refuted, recomputed here from the stored inputs of each decision;
        <code>bondx-mlops decision replay</code> computes the decisions again to the same bits.
      </p>`,
      proof([['Deployment', digest(deployment.deploymentId)], ...decisionProof(last)]),
    ],
  )}`;
  const name = `${deployment.modelName} ${deployment.candidateVersion}`;
  return document({
    title: `Canary of ${name}: ${words[deployment.status]}`,
    kicker: 'Canary report',
    heading: `${name} beside ${deployment.productionVersion}`,
    content,
    footer: html`<p>Deployment ${deployment.deploymentId}, made by @bondx/mlops.</p>`,
  });
}
