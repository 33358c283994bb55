import type { CanaryDecision, CanaryDeployment } from '../../canary/deployment.js';
import type { Chart } from '../charts/chart.js';
import { figure } from '../page/figure.js';
import { type Html, html } from '../page/html.js';
import { count, moment } from '../page/numbers.js';
import { digest, facts, proof, section, verdictBanner } from '../page/parts.js';
import { canaryCharts, decisionProof, evidenceTable, timeline, trafficNow } from './canary-parts.js';
import { type RelativeQuality, relativeQuality } from './relative-quality.js';

/** What a canary report is made from, as `getDeployment` and `listDecisions` give it. */
export interface CanaryReportFacts {
  readonly deployment: CanaryDeployment;
  /** Oldest first. */
  readonly decisions: readonly CanaryDecision[];
  /** Whether these are some of many; false unless told. */
  readonly isSampled?: boolean;
}

/** How a deployment stands, for a person. */
export const words: Readonly<Record<CanaryDeployment['status'], string>> = {
  shadow: 'In shadow mode',
  active: 'Under way',
  paused: 'Paused',
  halted: 'Halted',
  promoted: 'Promoted',
  rolled_back: 'Rolled back',
};

/** For who shows canaries again and again. */
export interface CanaryContentOptions {
  readonly showCharts?: (charts: readonly Chart[]) => Promise<readonly Html[]>;
  readonly qualityOf?: (decision: CanaryDecision) => readonly RelativeQuality[];
}

/** Everything below the heading of a canary report. */
export async function canaryContent(
  { deployment, decisions: kept, isSampled = false }: CanaryReportFacts,
  {
    showCharts = async (charts) => Promise.all(charts.map(figure)),
    qualityOf = relativeQuality,
  }: CanaryContentOptions = {},
): Promise<Html> {
  const decisions = kept.filter(({ inputs }) => (inputs.version as number | undefined) === 1);
  const others = kept.length - decisions.length;
  const last = decisions.at(-1);
  const why = deployment.endReason ?? kept.at(-1)?.reason ?? 'not evaluated yet';
  return html` ${verdictBanner(deployment.status, words[deployment.status], html`<p>${why}</p>`)}
  ${facts([
    ['Candidate', deployment.candidateVersion],
    ['Production', deployment.productionVersion],
    ['Traffic', trafficNow(deployment)],
    ['Requests answered', last && count(last.used.predictions)],
    ['Decisions kept', isSampled ? `many, of which ${count(decisions.length)} are shown` : count(kept.length)],
    ['Not shown', others > 0 ? `${count(others)} of version 0.1.0, whose evidence was another` : undefined],
    ['Began', moment(deployment.createdAt)],
    ['Ended', deployment.endedAt && moment(deployment.endedAt)],
  ])}
  ${section('quality', 'In relation to production', await showCharts(canaryCharts(decisions, qualityOf)))}
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
}
