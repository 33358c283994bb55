import type { JsonObject } from '../../util/json.js';
import type { ChartKey, ChartLook } from './chart.js';
import type { Palette } from './palette.js';

/** How a kind of verdict looks; each has a shape of its own, so that colour is never needed. */
export interface VerdictMark {
  readonly symbol: string;
  readonly shape: string;
  readonly colour: 'bad' | 'good' | 'unsure' | 'unknown' | 'ink';
}

const marks = {
  bad: { symbol: '▲', shape: 'triangle-up', colour: 'bad' },
  good: { symbol: '●', shape: 'circle', colour: 'good' },
  unsure: { symbol: '◆', shape: 'diamond', colour: 'unsure' },
  ink: { symbol: '■', shape: 'square', colour: 'ink' },
  unknown: { symbol: '✕', shape: 'cross', colour: 'unknown' },
} as const satisfies Record<VerdictMark['colour'], VerdictMark>;

/** How each verdict of any capability is judged. */
const kinds: Readonly<Record<string, VerdictMark['colour']>> = {
  drifted: 'bad',
  stable: 'good',
  inconclusive: 'unsure',
  not_assessed: 'unknown',
  dropped: 'bad',
  kept: 'good',
  promote: 'good',
  promoted: 'good',
  good_enough: 'good',
  rollback: 'bad',
  rolled_back: 'bad',
  halted: 'bad',
  harmful: 'bad',
  hold: 'unsure',
  undecided: 'unsure',
  paused: 'unsure',
  passed: 'good',
  completed: 'good',
  failed: 'bad',
  killed: 'bad',
  aborted: 'unsure',
  no_harm_shown: 'ink',
  compared: 'ink',
  active: 'ink',
  shadow: 'ink',
  running: 'ink',
  ok: 'good',
  corrupt: 'bad',
  truncated: 'bad',
  forked: 'bad',
  unanchored: 'unsure',
  torn_tail_recovered: 'unsure',
  allow: 'good',
  deny: 'bad',
  error: 'bad',
  critical: 'bad',
  warning: 'unsure',
  open: 'unsure',
  acknowledged: 'ink',
  recovered: 'good',
  met: 'good',
  not_met: 'bad',
  attested: 'ink',
  approved: 'good',
  approved_with_findings: 'unsure',
  rejected: 'bad',
  resolved: 'good',
  risk_accepted: 'unsure',
  overdue: 'bad',
  never_validated: 'unsure',
  in_force: 'ink',
  not_approved: 'unsure',
  expired: 'bad',
};

/** The mark of a verdict, or of a state; what is not known to be judged looks unknown. */
export const markOf = (verdict: string): VerdictMark =>
  marks[(Object.hasOwn(kinds, verdict) ? kinds[verdict] : undefined) ?? 'unknown'];

/** A verdict in words for a person. */
export const verdictText = (verdict: string): string => verdict.replaceAll('_', ' ');

/** Colour and shape of a field that holds verdicts. */
export function verdictEncoding(field: string, verdicts: readonly string[], { palette }: ChartLook): JsonObject {
  const colour = (verdict: string): string => palette[markOf(verdict).colour satisfies keyof Palette];
  return {
    color: { field, type: 'nominal', legend: null, scale: { domain: verdicts, range: verdicts.map(colour) } },
    shape: {
      field,
      type: 'nominal',
      legend: null,
      scale: { domain: verdicts, range: verdicts.map((verdict) => markOf(verdict).shape) },
    },
  };
}

export const verdictKeys = (verdicts: readonly string[]): ChartKey[] =>
  verdicts.map((verdict) => {
    const { symbol, colour } = markOf(verdict);
    return { symbol, colour, meaning: verdictText(verdict) };
  });
