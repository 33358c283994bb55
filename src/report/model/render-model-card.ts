import type { ModelCardFacts } from '../../registry/model-card.js';
import { checkOptions } from '../../util/check.js';
import { document } from '../page/document.js';
import { html } from '../page/html.js';
import { modelCardContent } from './model-card-content.js';

/**
 * A model card as an HTML file of its own, after Mitchell et al., "Model Cards for Model Reporting" (2019). It says what is
 * recorded, and of everything that is not, that it is not.
 *
 * @throws MLOpsError `MISSING_DEPENDENCY` without `vega` and `vega-lite`, when importances are recorded
 */
export async function renderModelCard(card: ModelCardFacts): Promise<string> {
  checkOptions(card, ['version', 'gates', 'history'], 'renderModelCard');
  const { version } = card;
  const name = `${version.modelName} ${version.version}`;
  return document({
    title: `Model card of ${name}`,
    kicker: 'Model card',
    heading: name,
    content: await modelCardContent(card),
    footer: html`<p>${name}, ${version.digest}, made by @bondx/mlops.</p>`,
  });
}
