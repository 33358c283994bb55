import { psi } from '../../stats/psi.js';
import { aucChange } from '../../stats/validation/auc-change.js';
import { aucEstimate } from '../../stats/validation/auc-estimate.js';
import { christoffersenTest } from '../../stats/validation/christoffersen-test.js';
import { kupiecTest } from '../../stats/validation/kupiec-test.js';
import { varTrafficLight } from '../../stats/validation/var-traffic-light.js';
import { checkDate } from '../inventory/stored-items.js';
import { summarizeOverrides } from '../inventory/overrides.js';
import { aged } from './aged.js';
import { type ComplianceCheck, type Finding, judged, met, notAssessed, notMet } from './check.js';
import type { ComplianceFacts } from './facts.js';
import { fewDefaults, outcomesOf, pdCalibration } from './pd-calibration.js';
import { reviewCadence } from './review.js';

/** Basel III: internal ratings (CRE36) and value at risk (MAR32). */
export const baselChecks: readonly ComplianceCheck[] = [
  check('basel.discrimination', 'CRE36.54', ['pd'], discrimination),
  check('basel.calibration', 'CRE36.54–59', ['pd'], pdCalibration),
  check('basel.grade_stability', 'CRE36.54', ['pd'], gradeStability),
  check('basel.independent_validation', 'CRE36.57–60', ['pd', 'lgd', 'ead', 'var'], reviewCadence),
  check('basel.overrides', 'CRE36.44–46', ['pd', 'lgd', 'ead'], overrides),
  check('basel.var_backtest', 'MAR32.5–9', ['var'], varBacktest),
];

function check(
  name: ComplianceCheck['check'],
  reference: string,
  measures: NonNullable<ComplianceCheck['measures']>,
  assess: ComplianceCheck['assess'],
): ComplianceCheck {
  return { check: name, frameworks: ['Basel III'], reference, measures, assess };
}

function discrimination(facts: ComplianceFacts): Finding {
  const { inputs, policy, now } = facts;
  const { defaulted, scores, initialAuc, horizonEndsAt } = inputs.pd ?? {};
  if (defaulted === undefined || scores === undefined) {
    return notAssessed('no defaults with scores were given (inputs.pd.defaulted, inputs.pd.scores)');
  }
  if (checkDate(horizonEndsAt, 'inputs.pd.horizonEndsAt') > now) {
    return notAssessed(`outcomes have not matured: their horizon ends on ${horizonEndsAt}`);
  }
  const defaults = defaulted.reduce((sum, hit) => sum + hit, 0);
  if (Math.min(defaults, defaulted.length - defaults) < 2) {
    return notAssessed(
      `${defaults} of ${defaulted.length} obligors defaulted; an AUC takes two that did and two that did not`,
    );
  }
  const auc = aucEstimate(Float64Array.from(defaulted), Float64Array.from(scores));
  if (initialAuc === undefined) {
    return notAssessed('the AUC of the initial validation was not given (inputs.pd.initialAuc)', { auc });
  }
  if (auc.variance === 0 && (initialAuc.variance ?? 0) === 0) {
    const message = `the AUC is ${auc.auc} without any variance, so that no change of it can be tested`;
    return notAssessed(message, { auc, initialAuc });
  }
  const change = aucChange(initialAuc, auc);
  const isMet = change.pValue >= policy.compliance.significanceLevel;
  if (isMet && defaults < fewDefaults) {
    const message = `${defaults} defaults are too few to tell whether the AUC has fallen since the initial validation`;
    return notAssessed(message, { auc, initialAuc, ...change, method: 'DeLong' });
  }
  const message = isMet ? 'the AUC has not fallen since the initial validation' : 'the AUC fell';
  return aged(judged(isMet, message, { auc, initialAuc, ...change, method: 'DeLong' }), outcomesOf(inputs.pd!), facts);
}

function gradeStability(facts: ComplianceFacts): Finding {
  const { inputs, policy } = facts;
  const grades = inputs.pd?.grades ?? [];
  const before = grades.map(({ obligorsAtDevelopment }) => obligorsAtDevelopment);
  if (grades.length === 0 || !before.every((count) => count !== undefined)) {
    return notAssessed('no obligors by grade at development were given (inputs.pd.grades[].obligorsAtDevelopment)');
  }
  const now = grades.map(({ obligors }) => obligors);
  if ([before, now].some((counts) => counts.every((count) => count === 0))) {
    return notAssessed('there were no obligors in any grade, at development or now');
  }
  const index = psi(before, now);
  const limit = policy.drift.psiThreshold;
  const evidence = { psi: index, limit };
  if (index.lower > limit) return notMet(`the PSI of grades is provably above ${limit}`, evidence);
  return index.upper <= limit
    ? aged(met(`the PSI of grades is provably at most ${limit}`, evidence), outcomesOf(inputs.pd!), facts)
    : notAssessed(`too few obligors to tell whether the PSI of grades is above ${limit}`, evidence);
}

function overrides(facts: ComplianceFacts): Finding {
  const { decisions } = facts.inputs;
  const summary = summarizeOverrides(facts.overrides, decisions);
  if (summary.rate === undefined) {
    return notAssessed('the number of decisions was not given (inputs.decisions)', { summary });
  }
  const limit = facts.policy.compliance.maxOverrideRate;
  const isMet = summary.rate.value <= limit;
  const message = `${summary.overrides} of ${decisions} decisions were overridden; at most ${limit} of them may be`;
  return judged(isMet, message, { summary, limit });
}

function varBacktest({ inputs, policy }: ComplianceFacts): Finding {
  if (inputs.var === undefined) return notAssessed('no exceptions by day were given (inputs.var)');
  const { isException, coverage = 0.99 } = inputs.var;
  const days = isException.length;
  if (days < 250) return notAssessed(`there are ${days} days; a backtest takes 250`);
  const latest = isException.slice(-250);
  const exceptions = latest.reduce<number>((sum, hit) => sum + hit, 0);
  const light = varTrafficLight(exceptions, 250, coverage);
  const kupiec = kupiecTest(exceptions, 250, coverage);
  const christoffersen = christoffersenTest(latest, coverage);
  const level = policy.compliance.significanceLevel;
  const isMet = light.zone === 'green' && christoffersen.independence.pValue >= level;
  const said = `${exceptions} exceptions on 250 days: ${light.zone}`;
  const message = light.zone === 'green' && !isMet ? `${said}, and exceptions come together` : said;
  const caveats = ['tests of 250 days have little power against models that are a little wrong'];
  return judged(isMet, message, { ...light, kupiec, christoffersen, significanceLevel: level }, caveats);
}
