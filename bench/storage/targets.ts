import { inWords } from './timing.js';

/** One line of the table: what was asked for, and what was measured. */
export interface Outcome {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export function atLeast(what: string, times: number, measured: number, detail: string): Outcome {
  return { what, target: `≥ ${times}×`, measured: `${measured.toFixed(1)}× (${detail})`, isMet: measured >= times };
}

export function below(what: string, limitMs: number, measuredMs: number): Outcome {
  return { what, target: `< ${inWords(limitMs)}`, measured: inWords(measuredMs), isMet: measuredMs < limitMs };
}

export function growsBelow(what: string, factor: number, before: number, after: number): Outcome {
  const growth = after / before;
  const measured = `${growth.toFixed(2)}× (${inWords(before)} → ${inWords(after)})`;
  return { what, target: `< ${factor}×`, measured, isMet: growth < factor };
}

export function printOutcomes(title: string, outcomes: readonly Outcome[]): void {
  const rows = outcomes.map(({ what, target, measured, isMet }) => [what, target, measured, isMet ? 'yes' : 'NO']);
  const all = [[title, 'target', 'measured (median)', 'met'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  console.log();
  for (const row of all) console.log(row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
}
