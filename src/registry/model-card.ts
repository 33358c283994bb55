import type { GateResult } from './gate-result.js';
import type { HistoryEvent, ModelVersion } from './model-record.js';

/** What a model card is made from. */
export interface ModelCardFacts {
  readonly version: ModelVersion;
  readonly gates: readonly GateResult[];
  /** Of this version only, oldest first. */
  readonly history: readonly HistoryEvent[];
}

/**
 * A model card in Markdown, after Mitchell et al., "Model Cards for Model Reporting" (2019). Says what is recorded, and of
 * everything that is not, that it is not.
 */
export function renderModelCard({ version, gates, history }: ModelCardFacts): string {
  const { modelName, evidence, trainingData, origin } = version;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    [
      'Identity',
      [
        row('Type', version.modelType),
        row('Stage', version.stage),
        row('Digest', version.digest),
        row('Registered', `${version.registeredAt} by ${version.registeredBy}`),
        row('Run', version.runId),
        row('Description', version.description),
      ],
    ],
    [
      'Inputs and output',
      [
        row('Features', version.featureColumns.join(', ')),
        row('Target', version.targetColumn),
        ...(version.signature === undefined ? [] : [row('Signature', JSON.stringify(version.signature))]),
        ...(version.declared === undefined ? [] : [row('The file declares', JSON.stringify(version.declared))]),
      ],
    ],
    [
      'Training data',
      trainingData === undefined
        ? []
        : [
            row('Digest', trainingData.digest),
            row('Rows', String(trainingData.rowCount)),
            row(
              'Span',
              trainingData.from === undefined ? undefined : `${trainingData.from} to ${trainingData.to ?? 'unknown'}`,
            ),
          ],
    ],
    [
      'Origin',
      origin === undefined
        ? []
        : [row('Drift report', origin.driftReportId), row('Measured against', origin.championVersion)],
    ],
    [
      'Hyperparameters',
      Object.entries(version.hyperparameters).map(([name, value]) => row(name, JSON.stringify(value))),
    ],
    [
      'Metrics at registration',
      Object.entries(version.performanceMetrics).map(([name, value]) => row(name, String(value))),
    ],
    [
      'Evidence',
      Object.entries(evidence).map(([kind, { passed, recordedBy, recordedAt }]) =>
        row(kind, `${passed ? 'passed' : 'failed'}, recorded by ${recordedBy} at ${recordedAt}`),
      ),
    ],
    ['Gates to production', gates.map(({ gate, status, message }) => row(gate, `${status}: ${message}`))],
    ['History', history.map((event) => row(event.at, describeEvent(event)))],
  ];
  const body = sections.map(
    ([title, lines]) => `## ${title}\n\n${lines.length === 0 ? 'Not recorded.' : lines.join('\n')}\n`,
  );
  return `# ${inline(modelName)} ${version.version}\n\n${body.join('\n')}`;
}

const row = (name: string, value: string | undefined): string =>
  `- **${inline(name)}**: ${value === undefined || value === '' ? 'not recorded' : inline(value)}`;

function describeEvent({ kind, from, to, by, onBehalfOf, reason, gates = [] }: HistoryEvent): string {
  const what = kind === 'stage_changed' ? `${from ?? 'nowhere'} → ${to}` : kind.replace('_', ' ');
  const who = `by ${by}${onBehalfOf === undefined ? '' : ` for ${onBehalfOf}`}`;
  const past = gates.flatMap(({ gate, override }) =>
    override === undefined ? [] : [`past ${gate} (${override.reason}; approved by ${override.approvedBy.join(', ')})`],
  );
  return `${[what, who, ...past].join(', ')}${reason === undefined ? '' : `: ${reason}`}`;
}

/** Text from data cannot add headings, links or HTML of its own. */
const inline = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').replace(/[\\`*_[\]<>#|]/g, (character) => `\\${character}`);
