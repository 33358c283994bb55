import { checkOptions } from '../../util/check.js';
import { document } from '../page/document.js';
import { html } from '../page/html.js';
import { type CanaryReportFacts, canaryContent, words } from './canary-content.js';

/**
 * A canary as an HTML file of its own: how it stands or ended and why, the confidence sequence of each metric in relation to
 * production, the evidence of both arms, and everything that was decided and done.
 *
 * @throws MLOpsError `MISSING_DEPENDENCY` without `vega` and `vega-lite`
 */
export async function renderCanaryReport(canary: CanaryReportFacts): Promise<string> {
  checkOptions(canary, ['deployment', 'decisions', 'isSampled'], 'renderCanaryReport');
  const { deployment } = canary;
  const name = `${deployment.modelName} ${deployment.candidateVersion}`;
  return document({
    title: `Canary of ${name}: ${words[deployment.status]}`,
    kicker: 'Canary report',
    heading: `${name} beside ${deployment.productionVersion}`,
    content: await canaryContent(canary),
    footer: html`<p>Deployment ${deployment.deploymentId}, made by @bondx/mlops.</p>`,
  });
}
