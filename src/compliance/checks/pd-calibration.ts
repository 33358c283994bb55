import { binomialTest } from '../../stats/validation/binomial-test.js';
import { hosmerLemeshow } from '../../stats/validation/hosmer-lemeshow.js';
import { jeffreysTest } from '../../stats/validation/jeffreys-test.js';
import { plutoTasche } from '../../stats/validation/pluto-tasche.js';
import { checkDate } from '../inventory/stored-items.js';
import { type AgeingEvidence, aged } from './aged.js';
import { type Finding, met, notAssessed, notMet } from './check.js';
import type { ComplianceFacts } from './facts.js';
import type { ComplianceInputs, GradeInput } from './inputs.js';

type PdInputs = NonNullable<ComplianceInputs['pd']>;

/** Fewer defaults than these tell little: the bounds of Pluto and Tasche are looked at then. */
export const fewDefaults = 10;

const correlation =
  'defaults are correlated: in a bad year independent tests reject right PDs more often than they say';
const lowDefault = 'a low-default portfolio: Pluto–Tasche upper bounds decide whether a PD is met';

/**
 * PDs against what came of them: Jeffreys' test of the portfolio at the policy's level, and of the grades at that level
 * shared among them (Bonferroni), so that right PDs fail one of both in up to about twice that level; binomial and
 * Hosmer–Lemeshow beside. With few defaults a PD is met only when it is at least the upper bound.
 */
export function pdCalibration(facts: ComplianceFacts): Finding {
  const { pd } = facts.inputs;
  if (pd === undefined) return notAssessed('no outcomes by grade were given (inputs.pd)');
  return aged(calibration(pd, facts), outcomesOf(pd), facts);
}

/** What came of estimates is as old as the time since its horizon ended. */
export const outcomesOf = ({ horizonEndsAt }: PdInputs): AgeingEvidence => ({
  kind: 'outcomes',
  what: 'the outcome at the horizon',
  madeAt: checkDate(horizonEndsAt, 'inputs.pd.horizonEndsAt'),
});

function calibration(pd: PdInputs, { policy, now }: ComplianceFacts): Finding {
  if (checkDate(pd.horizonEndsAt, 'inputs.pd.horizonEndsAt') > now) {
    return notAssessed(`outcomes have not matured: their horizon ends on ${pd.horizonEndsAt}`);
  }
  const isEmpty = ({ obligors, defaults }: GradeInput): boolean => obligors === 0 && defaults === 0;
  const grades = pd.grades.filter((grade) => !isEmpty(grade)); // nothing came of a PD of nobody
  if (grades.length === 0) return notAssessed('no grade has obligors');
  const level = policy.compliance.significanceLevel;
  const bounds = plutoTasche(grades, { confidence: 1 - level, assetCorrelation: pd.assetCorrelation ?? 0 });
  const results = grades.map((grade, i) => ({
    ...grade,
    jeffreys: jeffreysTest(grade),
    binomial: binomialTest(grade),
    upperBound: bounds[i]!,
  }));
  const portfolio = poolGrades(grades);
  const portfolioP = jeffreysTest(portfolio);
  const evidence = {
    significanceLevel: level,
    grades: results,
    portfolio: { ...portfolio, jeffreys: portfolioP, binomial: binomialTest(portfolio) },
    hosmerLemeshow: hosmerLemeshow(grades),
    emptyGrades: pd.grades.filter(isEmpty).map(({ grade }) => grade),
    horizonEndsAt: pd.horizonEndsAt,
  };
  const low = results.filter(({ jeffreys }) => jeffreys < level / grades.length).map(({ grade }) => grade);
  if (portfolioP < level || low.length > 0) {
    const where = [...(portfolioP < level ? ['the portfolio'] : []), ...low].join(', ');
    return notMet(`PDs are too low in ${where}`, evidence, [correlation]);
  }
  if (portfolio.defaults >= fewDefaults) return met('no PD is too low', evidence, [correlation]);
  const unproven = results.filter(({ pd: estimated, upperBound }) => estimated < upperBound);
  if (unproven.length === 0) return met('every PD is at least its upper bound', evidence, [lowDefault]);
  const names = unproven.map(({ grade }) => grade).join(', ');
  const message = `${portfolio.defaults} defaults are too few to tell: PDs of ${names} are below their upper bounds`;
  return notAssessed(message, evidence, [lowDefault]);
}

/** All grades as one, with the PD that they expect together. */
export function poolGrades(grades: readonly GradeInput[]): Omit<GradeInput, 'grade'> {
  const obligors = grades.reduce((sum, grade) => sum + grade.obligors, 0);
  const defaults = grades.reduce((sum, grade) => sum + grade.defaults, 0);
  const expected = grades.reduce((sum, grade) => sum + grade.obligors * grade.pd, 0);
  return { pd: expected / obligors, obligors, defaults };
}
