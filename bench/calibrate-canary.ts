/**
 * How often canaries are decided wrongly under continuous looking, at the boundaries of the hypotheses and without any
 * difference, in each kind of traffic. Exit code 1 when a binomial test at 1% rejects "at most α", when no run at all decided
 * wrongly, which would mean that nothing is ever decided, or when a decision does not replay to the bit.
 * Usage: npm run calibrate:canary [runs] [scenario, or a part of its name]
 */
import { calibrate, candidates, isMiscalibrated } from './canary/calibration.js';
import { powerTable } from './canary/power.js';
import { alpha, scenarios } from './canary/scenarios.js';

const runs = Number(process.argv[2] ?? 500);
const only = process.argv[3] ?? '';
const chosen = scenarios.filter(({ name }) => name.includes(only));
const rows = chosen.flatMap((scenario) => candidates.map((candidate) => calibrate(scenario, candidate, runs)));

console.log(`stated: at most ${100 * alpha}% false decisions a run of at least 10,000 requests`);
console.table(
  rows.map((row) => ({
    scenario: row.scenario,
    candidate: row.candidate,
    'wrong verdict': row.wrong,
    runs: row.runs,
    'false decisions': `${((100 * row.mistakes) / row.runs).toFixed(1)}%`,
    'replayed the same': row.replayed,
    'binomial test': isMiscalibrated(row) ? 'REJECTED' : `p ${row.pValue.toFixed(3)}`,
  })),
);
if (only === '') {
  console.log('requests until 80% of the runs have decided (median of the z test planned for 80% power beside it)');
  console.table(powerTable(Math.min(runs, 100)));
}
const isSilent = rows.every(({ mistakes }) => mistakes === 0);
if (isSilent) console.log('no run decided wrongly at all: the method never decides');
const areReplayed = rows.every(({ runs: all, replayed }) => replayed === all);
if (!areReplayed) console.log('decisions came out differently when computed again');
process.exitCode = rows.some(isMiscalibrated) || isSilent || !areReplayed ? 1 : 0;
