import type { Permission } from './roles.js';

/** Where a process runs. */
export type Environment = 'development' | 'staging' | 'production';

/** Where the keys are that sign, encrypt and pseudonymize; at most one of the two. */
export interface KeysPolicy {
  /** Key file; null means `keys.json` beside the records. Default null. */
  readonly path: string | null;
  /** Environment variable that holds the text of a key file. Default null. */
  readonly variable: string | null;
}

/** Who may do what, and what is kept as proof. */
export interface SecurityPolicy {
  /** In production the embedding service must say who is calling; production refuses `false`. Default true. */
  readonly requireAuthentication: boolean;
  /**
   * Check that the caller may do what it asks for, by `access`. Without bindings there, everybody may do everything, and
   * production does not start. Default true.
   */
  readonly requireAuthorization: boolean;
  /** Audit the reads in `auditedReads` too, not only changes and what was denied. Default true. */
  readonly logAllOperations: boolean;
  /** Reads of sensitive data that leave a record each. Default none. */
  readonly auditedReads: readonly AuditableRead[];
  /** How long audit records are kept at least, days; integer >= 1. A law of `regulatoryFrameworks` may ask for more. Default 365. */
  readonly auditLogRetentionDays: number;
  /** A signed checkpoint of the audit log is made after so many records; integer >= 1. Default 1000. */
  readonly checkpointInterval: number;
  /** File outside of the store that checkpoints are appended to, and that verification holds the log against. */
  readonly auditAnchorPath: string | null;
  /** Replace the values of `privacy.sensitiveColumns` before data is stored. Default true. */
  readonly anonymizeSensitiveData: boolean;
  /** Store the files of runs, models and retrainings encrypted. Default true. */
  readonly encryptModelArtifacts: boolean;
  /** Open only versions whose files are signed; null: in production. Default null. */
  readonly requireSignatures: boolean | null;
  /** Frameworks that compliance reports cover. Default `Basel III`, `IFRS 9`, `MiFID II`. */
  readonly regulatoryFrameworks: readonly RegulatoryFramework[];
  /** Checks of a compliance report besides. Default `data_quality model_fairness bias_detection explainability`. */
  readonly complianceChecks: readonly ComplianceCheckName[];
}

export type RegulatoryFramework = 'Basel III' | 'IFRS 9' | 'MiFID II' | 'SR 26-2' | 'SS1/23' | 'BCBS 239';

export type ComplianceCheckName = 'data_quality' | 'model_fairness' | 'bias_detection' | 'explainability';

/** The model inventory, and the tolerances that compliance checks hold models to. */
export interface CompliancePolicy {
  /** A model that is not in the inventory cannot be promoted. Default false. */
  readonly requireInventory: boolean;
  /** Months from one validation of a model to the next, by its tier; integers >= 1. Default 12, 24 and 36. */
  readonly tier1ReviewMonths: number;
  readonly tier2ReviewMonths: number;
  readonly tier3ReviewMonths: number;
  /** A statistical test with a smaller p-value is not met; above 0, below 1. Default 0.05. */
  readonly significanceLevel: number;
  /** Most decisions that people may take against the model; fraction. Default 0.1. */
  readonly maxOverrideRate: number;
  /** Least share of defaults that must have passed Stage 2 (IFRS 9); fraction. Default 0.8. */
  readonly minStage2Share: number;
  /** Longest time that a halt may take in a drill, milliseconds. Default 1000. */
  readonly maxHaltMs: number;
  readonly maxEvidenceAgeDays: EvidenceAgePolicy;
}

/**
 * Longest age, in days, of evidence that checks and gates count as met; older evidence is `not_assessed`. Integers from 1 to
 * 36,500.
 */
export interface EvidenceAgePolicy {
  /** Drift checks of the version. Default 30. */
  readonly drift: number;
  /** Bias tests. Default 365. */
  readonly biasTesting: number;
  /** Explanations. Default 365. */
  readonly explainability: number;
  /** Importances of features. Default 365. */
  readonly featureImportance: number;
  /** Comparisons with another version, by a retraining or a canary. Default 365. */
  readonly challenge: number;
  /** What came of estimates, from the end of its horizon. Default 365. */
  readonly outcomes: number;
  /** Assessments of compliance, which the gate goes by. Default 90. */
  readonly compliance: number;
}

/** A read that can be audited. */
export type AuditableRead =
  | 'tracking.read'
  | 'registry.read'
  | 'drift.read'
  | 'retraining.read'
  | 'canary.read'
  | 'storage.read'
  | 'audit.read'
  | 'access.read';

/** Who is who, and who may do what. What no binding permits is denied; what a forbid names is denied whatever permits it. */
export interface AccessPolicy {
  /** Roles of your own: lists of permissions. Default none. */
  readonly roles: Readonly<Record<string, readonly Permission[]>>;
  readonly bindings: readonly AccessBinding[];
  readonly forbids: readonly AccessForbid[];
  readonly breakGlass: {
    /** What somebody raises himself to in an emergency. Default `operator`. */
    readonly role: string;
    /** How long at most, minutes; above 0, at most 1440. Default 60. */
    readonly maxMinutes: number;
  };
  readonly jwt: JwtPolicy;
}

/** A role that somebody has. */
export interface AccessBinding {
  readonly principal: string;
  /** A binding of a person does not hold for a service of that name, nor the other way round. Default `person`. */
  readonly type: 'person' | 'service';
  readonly role: string;
  /** Other names of the same person or service, accounts that work for it included: all of them count as one. */
  readonly aliases: readonly string[];
  /** Only for these; empty: for all, and for what belongs to no model. */
  readonly models: readonly string[];
  /** Only there; empty: everywhere. */
  readonly environments: readonly Environment[];
  /** ISO 8601; from then on it counts no more. */
  readonly expires: string | null;
}

/** What somebody may not do, or nobody in a role. */
export interface AccessForbid {
  readonly principal: string | null;
  readonly role: string | null;
  readonly permissions: readonly Permission[];
  /** Only for these; empty: for all. */
  readonly models: readonly string[];
  readonly environments: readonly Environment[];
}

/** Signatures that a token may carry. */
export type JwtAlgorithm =
  'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

/** Which signed tokens prove who is calling. */
export interface JwtPolicy {
  /** Who issues them (`iss`); null: none are accepted. */
  readonly issuer: string | null;
  /** Whom they must be for (`aud`). */
  readonly audience: string | null;
  /** Signatures accepted, asymmetric ones only. */
  readonly algorithms: readonly JwtAlgorithm[];
  /** Where the issuer's keys are, or `publicKeyFile`. */
  readonly jwksUrl: string | null;
  /** Path of the issuer's public key, PEM. */
  readonly publicKeyFile: string | null;
  /** The claim that names the principal. Default `sub`. */
  readonly principalClaim: string;
}

/** What identifies people and firms. */
export interface PrivacyPolicy {
  /**
   * Columns whose values are replaced wherever data comes in, while `security.anonymizeSensitiveData` is true: in what is
   * trained on, compared, logged and exported, before anything of it is stored. Default none.
   */
  readonly sensitiveColumns: Readonly<Record<string, SensitiveColumnPolicy>>;
}

/** What becomes of a sensitive column. */
export interface SensitiveColumnPolicy {
  /** Default `drop`. */
  readonly action: 'pseudonymize' | 'generalize' | 'mask' | 'drop';
  /** Of `generalize`. */
  readonly to: 'quarter' | 'power_of_ten' | 'band' | null;
  /** Of `to: band`: values by the name of their band; others become `other`. */
  readonly bands: Readonly<Record<string, readonly string[]>>;
  /** Of `mask`: last characters that stay; null: none. */
  readonly keep: number | null;
}
