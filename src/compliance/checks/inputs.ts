import { checkOptions, refuse } from '../../util/check.js';
import type { GradeOutcome } from '../../stats/validation/check-grades.js';

/** A rating grade over one horizon; with 0 obligors and 0 defaults when nobody is in it. */
export interface GradeInput extends GradeOutcome {
  readonly grade: string;
  /** Obligors of the grade when the model was developed, for the stability of grades. */
  readonly obligorsAtDevelopment?: number;
}

/**
 * What came of a model's estimates, from the books of whoever uses it. What is not given is not assessed.
 */
export interface ComplianceInputs {
  /** From the best grade to the worst. */
  readonly pd?: {
    readonly grades: readonly GradeInput[];
    /** When the horizon of the youngest outcomes ends, ISO 8601: before that they are not assessed. */
    readonly horizonEndsAt: string;
    /** 1 for obligors that defaulted, 0 for the others, and their scores (higher for riskier). */
    readonly defaulted?: readonly number[];
    readonly scores?: readonly number[];
    /** Of the initial validation. */
    readonly initialAuc?: { readonly auc: number; readonly variance?: number };
    /** Asset correlation for the bounds of low-default portfolios; 0 unless told. */
    readonly assetCorrelation?: number;
  };
  /** One pair a closed default. */
  readonly lgd?: { readonly realised: readonly number[]; readonly estimated: readonly number[] };
  readonly ead?: { readonly realised: readonly number[]; readonly estimated: readonly number[] };
  /** Day by day, oldest first, whether the loss was above the VaR. */
  readonly var?: { readonly isException: readonly (0 | 1)[]; readonly coverage?: number };
  /** For each exposure its stages at the reporting dates, oldest first. */
  readonly staging?: { readonly paths: readonly (readonly (1 | 2 | 3)[])[] };
  readonly scenarios?: readonly { readonly name?: string; readonly weight: number; readonly loss: number }[];
  /** All decisions that the model had a part in, for the rate of overrides. */
  readonly decisions?: number;
}

const parts: Readonly<Record<keyof ComplianceInputs, readonly string[]>> = {
  pd: ['grades', 'horizonEndsAt', 'defaulted', 'scores', 'initialAuc', 'assetCorrelation'],
  lgd: ['realised', 'estimated'],
  ead: ['realised', 'estimated'],
  var: ['isException', 'coverage'],
  staging: ['paths'],
  scenarios: [],
  decisions: [],
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isFlag = (value: unknown): boolean => [0, 1, true, false].includes(value as number);

/** Refuses what JSON can hold and would count as something else, such as null for 0: an outcome that is not known is no good one. */
function checkMembers(list: unknown, name: string, isSound: (member: unknown) => boolean, expected: string): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) refuse(`inputs.${name} must be a list`);
  const wrong = list.findIndex((member) => !isSound(member));
  if (wrong === -1) return;
  const member: unknown = list[wrong];
  const found = isNumber(member) || Number.isNaN(member) ? Number(member) : JSON.stringify(member ?? null).slice(0, 80);
  refuse(`inputs.${name}[${wrong}] is ${found}; expected ${expected}; leave out what is not known`);
}

function checkValues({ pd, lgd, ead, var: backtest, staging, scenarios }: ComplianceInputs): void {
  const isGrade = (value: unknown): boolean => {
    const { grade, pd: estimate, obligorsAtDevelopment: before = 0 } = (isObject(value) ? value : {}) as GradeInput;
    return typeof grade === 'string' && isNumber(estimate) && Number.isSafeInteger(before) && before >= 0;
  };
  checkMembers(pd?.grades, 'pd.grades', isGrade, 'an object with grade (a text), pd, obligors and defaults (numbers)');
  checkMembers(pd?.defaulted, 'pd.defaulted', isFlag, '0 or 1');
  checkMembers(pd?.scores, 'pd.scores', isNumber, 'a number');
  if (pd?.initialAuc !== undefined && !isObject(pd.initialAuc))
    refuse('inputs.pd.initialAuc must be an object with auc');
  for (const [name, pairs] of Object.entries({ lgd, ead })) {
    checkMembers(pairs?.realised, `${name}.realised`, isNumber, 'a number');
    checkMembers(pairs?.estimated, `${name}.estimated`, isNumber, 'a number');
  }
  checkMembers(backtest?.isException, 'var.isException', isFlag, '0 or 1');
  checkMembers(staging?.paths, 'staging.paths', Array.isArray, 'a list of stages');
  const isScenario = (value: unknown): boolean => {
    const { weight, loss } = (isObject(value) ? value : {}) as Partial<NonNullable<typeof scenarios>[number]>;
    return isNumber(weight) && isNumber(loss);
  };
  checkMembers(scenarios, 'scenarios', isScenario, 'an object with weight and loss (numbers)');
}

/** Refuses misspelled parts, which would be taken for missing ones, and members of another type. Numbers are checked by the statistics. */
export function checkInputs(inputs: ComplianceInputs): ComplianceInputs {
  const given: unknown = inputs;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) refuse('inputs must be an object');
  checkOptions(inputs, Object.keys(parts), 'inputs');
  for (const [name, known] of Object.entries(parts)) {
    const part: unknown = inputs[name as keyof ComplianceInputs];
    if (part === undefined || name === 'decisions') continue;
    if (name === 'scenarios' ? !Array.isArray(part) : typeof part !== 'object' || part === null) {
      refuse(`inputs.${name} must be ${name === 'scenarios' ? 'a list' : 'an object'}`);
    }
    if (name !== 'scenarios') checkOptions(part, known, `inputs.${name}`);
  }
  const { pd, lgd, ead, var: backtest, staging, scenarios } = inputs;
  const lists = {
    'pd.grades': pd?.grades,
    'lgd.realised': lgd?.realised,
    'lgd.estimated': lgd?.estimated,
    'ead.realised': ead?.realised,
    'ead.estimated': ead?.estimated,
    'var.isException': backtest?.isException,
    'staging.paths': staging?.paths,
    scenarios,
  };
  for (const [name, list] of Object.entries(lists)) {
    const isGiven = inputs[name.split('.')[0] as keyof ComplianceInputs] !== undefined;
    if (isGiven && !(Array.isArray(list) && list.length > 0))
      refuse(`inputs.${name} must be a list that holds something`);
  }
  checkValues(inputs);
  return inputs;
}
