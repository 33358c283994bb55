import { type ComplianceCheck, judged, notAssessed } from './check.js';

/** BCBS 239: where numbers come from. */
export const lineageChecks: readonly ComplianceCheck[] = [
  {
    check: 'bcbs239.lineage',
    frameworks: ['BCBS 239'],
    reference: 'principles 2 and 3',
    assess: ({ traceable }) => {
      if (traceable.share === undefined) return notAssessed('no version has been in production', { ...traceable });
      const message = `${traceable.share * 100}% of ${traceable.basis} can be traced to data, code and artifact`;
      return judged(traceable.share === 1, message, { ...traceable });
    },
  },
];
