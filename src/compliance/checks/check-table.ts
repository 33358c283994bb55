import type { Policy } from '../../config/policy.js';
import { baselChecks } from './basel.js';
import type { ComplianceCheck } from './check.js';
import { ifrs9Checks } from './ifrs9.js';
import { lineageChecks } from './lineage.js';
import { mifidChecks } from './mifid.js';
import { modelRiskChecks } from './model-risk.js';
import { policyChecks } from './policy-checks.js';

const frameworkChecks: readonly ComplianceCheck[] = [
  ...baselChecks,
  ...ifrs9Checks,
  ...mifidChecks,
  ...modelRiskChecks,
  ...lineageChecks,
];

/** The checks that a policy asks for, in the order of the table. */
export function checksOf({ regulatoryFrameworks, complianceChecks }: Policy['security']): readonly ComplianceCheck[] {
  return [
    ...frameworkChecks.filter(({ frameworks }) => frameworks!.some((name) => regulatoryFrameworks.includes(name))),
    ...complianceChecks.map((name) => ({
      check: `policy.${name}` as const,
      reference: 'security.compliance_checks',
      assess: policyChecks[name],
    })),
  ];
}
