/** Results of checks done on a version, which gates ask for. */
export const evidenceKinds = ['drift', 'explainability', 'feature_importance', 'bias_testing', 'compliance'] as const;
/** What evidence of a version can be about. */
export type EvidenceKind = (typeof evidenceKinds)[number];
