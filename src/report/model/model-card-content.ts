import type { GateResult } from '../../registry/gate-result.js';
import type { ModelCardFacts } from '../../registry/model-card.js';
import { recordedImportances } from '../../drift/root-causes.js';
import { importanceBars } from '../charts/importance-bars.js';
import { figure } from '../page/figure.js';
import { type Html, type HtmlPart, html } from '../page/html.js';
import { count, counted, moment, number } from '../page/numbers.js';
import { badge, bullets, digest, facts, proof, section, table, verdictBanner } from '../page/parts.js';

/** Everything below the heading of a model card. */
export async function modelCardContent(card: ModelCardFacts): Promise<Html> {
  const { version, gates, history } = card;
  const open = gates.filter(({ status, override }) => status !== 'passed' && override === undefined);
  const { trainingData, origin } = version;
  const importances = recordedImportances(version.evidence.feature_importance);
  return html` ${verdictBanner(open.length === 0 ? 'passed' : open.some(({ status }) => status === 'failed') ? 'failed' : 'not_assessed', headline(version.stage, gates, open), bullets(open.map(({ gate, message }) => `${gate}: ${message}`)))}
  ${facts([
    ['Stage', version.stage],
    ['Type', version.modelType],
    ['Registered', moment(version.registeredAt)],
    ['By', version.registeredBy],
    ['Training rows', trainingData && count(trainingData.rowCount)],
    [
      'Trained on',
      trainingData?.from && `${trainingData.from.slice(0, 10)} to ${trainingData.to?.slice(0, 10) ?? 'unknown'}`,
    ],
  ])}
  ${section('about', 'What it is', recorded(version.description))}
  ${section(
    'metrics',
    'Metrics at registration',
    pairs(
      'Metric',
      Object.entries(version.performanceMetrics).map(([key, value]) => [key, number(value)]),
    ),
  )}
  ${section('importance', 'What it looks at', importances && (await figure(importanceBars(importances))))}
  ${section('gates', 'Gates to production', gateTable(gates))}
  ${section('inputs', 'Inputs and output', [html`<p>Features: ${recorded(version.featureColumns.join(', '))}</p>`, html`<p>Target: ${recorded(version.targetColumn)}</p>`])}
  ${section(
    'hyperparameters',
    'Hyperparameters',
    pairs(
      'Name',
      Object.entries(version.hyperparameters).map(([key, value]) => [key, JSON.stringify(value)]),
    ),
  )}
  ${section(
    'facts',
    'Evidence',
    Object.keys(version.evidence).length === 0
      ? recorded(undefined)
      : table(
          'What was examined, by whom',
          [{ title: 'Kind' }, { title: 'Result' }, { title: 'By' }, { title: 'When' }, { title: 'What was found' }],
          Object.entries(version.evidence).map(([kind, { passed, recordedBy, recordedAt, detail }]) => [
            kind,
            badge(passed ? 'passed' : 'failed'),
            recordedBy,
            moment(recordedAt),
            html`<code>${short(JSON.stringify(detail))}</code>`,
          ]),
        ),
  )}
  ${section(
    'history',
    'History',
    table(
      'What happened to it, oldest first',
      [{ title: 'When' }, { title: 'What' }, { title: 'By' }, { title: 'Why' }],
      history.map(({ at, kind, from, to, by, reason }) => [
        moment(at),
        kind === 'stage_changed' ? `${from ?? 'nowhere'} → ${to}` : kind.replaceAll('_', ' '),
        by,
        reason,
      ]),
    ),
  )}
  ${section(
    'evidence',
    'Where it comes from',
    proof([
      ['Files', digest(version.digest)],
      ['Model', digest(version.modelId)],
      ['Training data', trainingData === undefined ? recorded(undefined) : digest(trainingData.digest)],
      ['Run', recorded(version.runId)],
      ['Asked for by drift report', origin?.driftReportId && digest(origin.driftReportId)],
      ['Retraining', origin?.retrainingId && digest(origin.retrainingId)],
      ['Measured against', origin?.championVersion],
      ['Commit', origin?.codeCommit && digest(origin.codeCommit)],
    ]),
  )}`;
}

const headline = (stage: string, gates: readonly GateResult[], open: readonly GateResult[]): string =>
  gates.length === 0
    ? `${stage}; no gates were assessed`
    : open.length === 0
      ? `${stage}; passes every gate to production`
      : `${stage}; ${counted(open.length, 'gate stands', 'gates stand')} in the way of production`;

const recorded = (value: string | undefined): HtmlPart =>
  value === undefined || value === '' ? html`<span class="c-muted">not recorded</span>` : value;

const pairs = (what: string, rows: readonly (readonly [string, string])[]): HtmlPart =>
  rows.length === 0 ? recorded(undefined) : table(`${what} and value`, [{ title: what }, { title: 'Value' }], rows);

export const gateTable = (gates: readonly GateResult[]): Html =>
  table(
    'Each gate, and what was found',
    [{ title: 'Gate' }, { title: 'Status' }, { title: 'Found' }],
    gates.map(({ gate, status, message, override }) => [
      gate,
      badge(status),
      override === undefined
        ? message
        : `${message}; gone past: ${override.reason} (${override.approvedBy.join(', ')})`,
    ]),
  );

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
