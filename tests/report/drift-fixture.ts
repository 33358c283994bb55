import type { ColumnDrift, DriftReport } from '@bondx/mlops';
import { createRandom } from '../../src/util/random.js';

const verdicts = ['drifted', 'stable', 'inconclusive', 'not_assessed'] as const;

/** A report of many columns, as a check of ten million rows would give it. */
export function wideReport(columnCount: number): DriftReport {
  const random = createRandom(11);
  const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
  const columns = Array.from({ length: columnCount }, (_, i): ColumnDrift => {
    const verdict = verdicts[i % 4]!;
    const value = random.next() * 0.4;
    const effect = { value, lower: value * 0.9, upper: value * 1.1 };
    const known = {
      column: `feature_number_${i}_of_the_bonds`,
      role: 'feature',
      kind: 'numeric',
      verdict,
      message: `feature ${i} is ${verdict}`,
      baselineCount: 9_876_543,
      currentCount: 9_765_432,
      baselineMissingRate: 0.0123456,
      currentMissingRate: 0.0234567,
      tolerance: 0.2,
      findings: [{ kind: 'range_exceeded', message: '21 of 3060 values are outside the range 0.0027 to 26.9' }],
    } as const;
    if (verdict === 'not_assessed') return known;
    return {
      ...known,
      distance: effect,
      psi: { ...effect, expectedUnderNoDrift: 0.00123 },
      wasserstein: { value: 12.345, normalized: 0.0123 },
      test: { name: 'ks_two_sample', statistic: value, pValue: 1e-9, adjustedPValue: 1e-8 },
      needs: { rows: 1_234_567, of: 'each' },
    };
  });
  return {
    reportId: '0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e',
    modelName: 'spread',
    modelVersion: '1.2.0',
    createdAt: '2026-01-02T03:04:05.678Z',
    verdict: 'drifted',
    requiresRetraining: true,
    driftedFeatures: columns.filter(({ verdict }) => verdict === 'drifted').map(({ column }) => column),
    overallDriftScore: 0.4,
    featureColumns: columns.map(({ column }) => column),
    columns,
    findings: [{ kind: 'column_appeared', message: 'the baseline has no column notes' }],
    recommendations: ['inputs moved: retrain on recent data and compare on a later period'],
    inputs: {
      baselineDigest: digest('a'),
      baselineRows: 10_000_000,
      currentDigest: digest('b'),
      currentRows: 10_000_000,
      alpha: 0.05,
      driftError: 0.0123,
      stableError: 0.0234,
      psiThreshold: 0.25,
      policyDigest: digest('c'),
    },
  };
}
