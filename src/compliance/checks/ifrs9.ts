import { scenarioLoss } from '../../stats/validation/scenario-loss.js';
import { stagePassage } from '../../stats/validation/stage-passage.js';
import { migrationMatrix } from '../../stats/validation/migration-matrix.js';
import { areAlike, underestimationTest } from '../../stats/validation/underestimation-test.js';
import { isInForce } from '../inventory/overlays.js';
import { type ComplianceCheck, type Finding, judged, met, notAssessed, notMet } from './check.js';
import type { ComplianceFacts } from './facts.js';
import { fewDefaults, pdCalibration } from './pd-calibration.js';

/** IFRS 9: expected credit losses. */
export const ifrs9Checks: readonly ComplianceCheck[] = [
  check('ifrs9.pd_calibration', '5.5.17', ['pd', 'ecl'], pdCalibration),
  check('ifrs9.lgd', '5.5.17', ['lgd', 'ecl'], (facts) => underestimation(facts, 'lgd')),
  check('ifrs9.ead', '5.5.17', ['ead', 'ecl'], (facts) => underestimation(facts, 'ead')),
  check('ifrs9.stage_migration', '5.5.9, 5.5.11', ['ecl'], stageMigration),
  check('ifrs9.scenario_weights', '5.5.17(a)', ['ecl'], scenarioWeights),
  check('ifrs9.overlays', 'B5.5.52', ['pd', 'lgd', 'ead', 'ecl'], overlays),
];

function check(
  name: ComplianceCheck['check'],
  reference: string,
  measures: NonNullable<ComplianceCheck['measures']>,
  assess: ComplianceCheck['assess'],
): ComplianceCheck {
  return { check: name, frameworks: ['IFRS 9'], reference, measures, assess };
}

function underestimation({ inputs, policy }: ComplianceFacts, of: 'lgd' | 'ead'): Finding {
  const given = inputs[of];
  if (given === undefined) return notAssessed(`no realised and estimated values were given (inputs.${of})`);
  const n = given.realised.length;
  if (n < 2) return notAssessed(`${n} defaults are too few for a test`);
  const [realised, estimated] = [Float64Array.from(given.realised), Float64Array.from(given.estimated)];
  const excess = realised.map((value, i) => value - estimated[i]!);
  if (n === estimated.length && areAlike(excess, realised)) {
    const meanExcess = excess[0]!;
    return notAssessed(`all ${n} defaults differ alike from their estimates: nothing can be tested`, { meanExcess });
  }
  const result = underestimationTest(realised, estimated);
  const level = policy.compliance.significanceLevel;
  const evidence = { ...result, defaults: n, significanceLevel: level };
  const caveats = ['defaults are correlated, and losses are bimodal: the test errs in small samples'];
  // Of a few losses near 0 and 1 hardly any sample shows how they differ: it rejects right estimates in up to half of the cases.
  if (n < fewDefaults)
    return notAssessed(`${n} defaults are too few to tell whether estimates are too low`, evidence, caveats);
  const isMet = result.pValue >= level;
  const message = isMet ? `estimates of ${n} defaults are not too low` : 'estimates are too low';
  return judged(isMet, message, evidence, caveats);
}

function stageMigration({ inputs, policy }: ComplianceFacts): Finding {
  if (inputs.staging === undefined) return notAssessed('no stages by date were given (inputs.staging)');
  const { paths } = inputs.staging;
  const passage = stagePassage(paths);
  const moves = paths.flatMap((path) => path.slice(1).map((to, i) => [path[i]! - 1, to - 1] as const));
  const matrix =
    moves.length === 0
      ? undefined
      : migrationMatrix(
          moves.map(([from]) => from),
          moves.map(([, to]) => to),
          3,
        );
  const limit = policy.compliance.minStage2Share;
  const evidence = { ...passage, limit, migration: matrix && { counts: matrix.counts, stability: matrix.stability } };
  if (passage.share === undefined) return notAssessed('nothing entered Stage 3', evidence);
  const { lower, upper } = passage.share;
  const said = `${passage.passedStage2} of ${passage.defaults} defaults passed Stage 2; ${limit} are asked for`;
  if (upper < limit) return notMet(said, evidence);
  return lower >= limit ? met(said, evidence) : notAssessed(`${said}, and they are too few to tell`, evidence);
}

function scenarioWeights({ inputs }: ComplianceFacts): Finding {
  if (inputs.scenarios === undefined) return notAssessed('no scenarios were given (inputs.scenarios)');
  const result = scenarioLoss(inputs.scenarios);
  const message = `the weights of ${inputs.scenarios.length} scenarios sum to ${result.totalWeight}`;
  const caveats = ['whether scenarios and weights are unbiased is for people to judge'];
  return judged(result.isComplete, message, { ...result, scenarios: inputs.scenarios }, caveats);
}

function overlays({ overlays: all, now }: ComplianceFacts): Finding {
  const open = all.filter(({ withdrawnAt }) => withdrawnAt === undefined);
  const wrong = open.filter((overlay) => !isInForce(overlay, now));
  const evidence = {
    inForce: open.filter((overlay) => isInForce(overlay, now)),
    notInForce: wrong.map(({ overlayId, expiresAt, approvedBy }) => ({ overlayId, expiresAt, approvedBy })),
  };
  return wrong.length === 0
    ? met(`${open.length} overlays, each with amount, reason, approver and a date that has not come`, evidence)
    : notMet(`of ${open.length} overlays that were not withdrawn, expired or not approved: ${wrong.length}`, evidence);
}
