/** A part of the source that is mutated, and the tests that have to notice. */
export interface MutationScope {
  /** Globs. */
  readonly mutate: readonly string[];
  /**
   * Files, without `.test.ts`, in the order in which they run until one notices. Those that start programs or try 100,000
   * inputs would do so again for each mutant.
   */
  readonly tests: readonly string[];
}

export const mutationScopes: Readonly<Record<string, MutationScope>> = {
  audit: {
    mutate: ['src/governance/audit*.ts', 'src/governance/audit/*.ts'],
    tests: [
      'tests/governance/audit',
      'tests/governance/audit/attacks',
      'tests/governance/audit/audit-record',
      'tests/governance/audit/audit-trail',
      'tests/governance/audit/audit-writer',
      'tests/governance/audit/checkpoint',
      'tests/governance/audit/damaged-store',
      'tests/governance/audit/log-start',
      'tests/governance/audit/merkle-tree',
      'tests/governance/audit/move-log',
      'tests/governance/audit/moved-log',
      'tests/governance/audit/proving-tree',
      'tests/governance/audit/verify-log',
      'tests/governance/control-plane',
      'tests/retention/purge-audit',
    ],
  },
  access: {
    mutate: ['src/governance/access/*.ts', 'src/governance/control-plane.ts', 'src/config/{access-*,roles}.ts'],
    tests: [
      'tests/config/access-section',
      'tests/governance/access/access-control',
      'tests/governance/access/access-rules',
      'tests/governance/access/authorization',
      'tests/governance/access/break-glass',
      'tests/governance/access/choke-point',
      'tests/governance/access/denials',
      'tests/governance/access/matrix',
      'tests/governance/access/operations-told',
      'tests/governance/access/tokens',
      'tests/governance/control-plane',
    ],
  },
  encryption: {
    mutate: ['src/sealing/*.ts', 'src/keys/*.ts', 'src/governance/keys/*.ts'],
    tests: [
      'tests/governance/keys/key-administration',
      'tests/governance/keys/rewrap',
      'tests/governance/privacy/erase-subject',
      'tests/keys/key-document',
      'tests/keys/key-file',
      'tests/keys/key-file-faults',
      'tests/keys/key-ring',
      'tests/keys/key-service-example',
      'tests/keys/local-key-service',
      'tests/sealing/envelope',
      'tests/sealing/envelope-format',
      'tests/sealing/payload',
      'tests/sealing/records',
      'tests/sealing/sealed-artifacts',
      'tests/sealing/sealed-artifacts-races',
      'tests/sealing/subject-keys',
      'tests/security/hostile-keys',
    ],
  },
  decisions: {
    mutate: ['src/canary/evidence/*.ts'],
    tests: [
      'tests/canary/evidence/collected',
      'tests/canary/evidence/decide',
      'tests/canary/evidence/evidence-collector',
      'tests/canary/evidence/evidence-settings',
      'tests/canary/evidence/latency-buckets',
      'tests/canary/evidence/merge-statistics',
      'tests/canary/evidence/reference',
      'tests/canary/evidence/repeated-keys',
      'tests/canary/evidence/ripe-strata',
      'tests/canary/evidence/segment-map',
      'tests/canary/evidence/value-sum',
      'tests/canary/evidence/verdict',
      // Millions of sums: only for what nothing else notices.
      'tests/canary/evidence/many-outcomes',
    ],
  },
  gates: {
    mutate: [
      'src/registry/{artifact-scan,custom-gate,gate-result,gates,promotion,stage-change}.ts',
      'src/registry/approvals/*.ts',
      'src/registry/inventory/inventory-gates.ts',
    ],
    tests: [
      'tests/canary/canary-deployment-manager',
      'tests/compliance/aged-evidence',
      'tests/compliance/inventory',
      'tests/registry/approvals',
      'tests/registry/artifact-scan',
      'tests/registry/file-signature',
      'tests/registry/gates',
      'tests/registry/model-registry',
      'tests/registry/promotion-gates',
      'tests/registry/versions',
      'tests/registry/voter',
    ],
  },
};

/** The scope that a command names. @throws Error with the names there are */
export function scopeOf(name: string | undefined): MutationScope {
  const scope = name === undefined ? undefined : mutationScopes[name];
  if (scope !== undefined) return scope;
  throw new Error(`name a scope: ${Object.keys(mutationScopes).join(', ')}`);
}
