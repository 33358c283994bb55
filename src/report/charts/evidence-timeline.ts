import type { CanaryDecision } from '../../canary/deployment.js';
import { number } from '../page/numbers.js';
import { type Chart, chartData, frame } from './chart.js';

/** Evidence further from nothing than this, ln, is drawn at the edge. */
const most = 8;

interface Line {
  readonly what: string;
  readonly of: (decision: CanaryDecision) => number;
}

/** How the evidence for promotion and for rollback grew from decision to decision. */
export function evidenceTimeline(decisions: readonly CanaryDecision[]): Chart {
  const proof = -Math.log(decisions.at(-1)?.inputs.alpha ?? 0.05);
  const lines: readonly Line[] = [
    {
      what: 'good enough',
      of: ({ metrics }) =>
        extreme(
          Math.min,
          applicable(metrics).map((metric) => metric.logEvidenceGoodEnough),
        ),
    },
    {
      what: 'harmful',
      of: ({ metrics, guardrails }) =>
        extreme(Math.max, [
          ...applicable(metrics).map((metric) => metric.logEvidenceHarmful),
          ...guardrails.map(({ logEvidence }) => logEvidence),
        ]),
    },
  ];
  const last = decisions.at(-1);
  return {
    title: 'Evidence from decision to decision',
    description:
      `Logarithm of the e-value for "good enough" (the weakest metric) and for "harmful" (the strongest metric or guardrail) ` +
      `over ${decisions.length} decisions; proof from ${number(proof)}.` +
      (last === undefined ? '' : ` Last: ${lines.map(({ what, of }) => `${what} ${number(of(last))}`).join(', ')}.`),
    key: [
      { symbol: '●', meaning: 'good enough', colour: 'good' },
      { symbol: '▲', meaning: 'harmful', colour: 'bad' },
      { symbol: '┅', meaning: 'proof', colour: 'ink' },
    ],
    draw: (look) => {
      const { palette } = look;
      const range = [palette.good, palette.bad];
      const domain = lines.map(({ what }) => what);
      const rows = decisions.flatMap((decision, i) =>
        lines.map(({ what, of }) => ({
          decision: i + 1,
          what,
          evidence: Math.max(-most, Math.min(most, of(decision))),
        })),
      );
      const isCut = decisions.some((decision) => lines.some(({ of }) => Math.abs(of(decision)) > most));
      const x = {
        field: 'decision',
        type: 'quantitative',
        title: 'decision',
        scale: { domain: [1, Math.max(2, decisions.length)], nice: false },
        axis: { tickMinStep: 1, tickCount: 6, grid: false, format: 'd' },
      };
      const y = {
        field: 'evidence',
        type: 'quantitative',
        title: isCut ? `ln e-value, up to ±${most}` : 'ln e-value',
        scale: { domain: [-most, most] },
        axis: { tickCount: 5 },
      };
      const color = { field: 'what', type: 'nominal', legend: null, scale: { domain, range } };
      const shape = {
        field: 'what',
        type: 'nominal',
        legend: null,
        scale: { domain, range: ['circle', 'triangle-up'] },
      };
      return frame(
        look,
        160,
        { left: 48 },
        {
          data: chartData(rows),
          layer: [
            { mark: { type: 'line', strokeWidth: 1.5 }, encoding: { x, y, color } },
            { mark: { type: 'point', filled: true, opacity: 1, size: 36 }, encoding: { x, y, color, shape } },
            {
              data: { values: [{ proof }] },
              mark: { type: 'rule', color: palette.ink, strokeDash: [4, 3] },
              encoding: { y: { ...y, field: 'proof' } },
            },
          ],
        },
      );
    },
  };
}

const applicable = (metrics: CanaryDecision['metrics']): CanaryDecision['metrics'] =>
  metrics.filter(({ status }) => status !== 'not_applicable');

/** What nothing was measured of has no evidence. */
const extreme = (of: (...values: number[]) => number, values: readonly number[]): number =>
  values.length === 0 ? 0 : of(...values);
