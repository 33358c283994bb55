/** What an operation can ask for. Each operation asks for one, see `governance/operations.ts`. */
export const permissions = [
  'read',
  'track',
  'register',
  'evidence',
  'request',
  'approve',
  'promote',
  'rollback',
  'monitor',
  'retrain',
  'serve',
  'maintain',
  'audit',
  'administer',
  'own_token',
  'break_glass',
  'review',
] as const;

export type Permission = (typeof permissions)[number];

/** Everybody who has a role may look, and hold tokens of their own. */
const everybody = ['read', 'own_token'] as const;

/**
 * The roles that need no definition. Who builds models does not approve them, who approves does not deploy, and who
 * administers keys, tokens and the store does neither.
 */
export const builtInRoles: Readonly<Record<string, readonly Permission[]>> = {
  developer: [...everybody, 'track', 'register', 'evidence', 'request', 'monitor', 'retrain', 'break_glass'],
  validator: [...everybody, 'evidence', 'approve', 'monitor', 'audit', 'review'],
  risk: [...everybody, 'approve', 'audit', 'review'],
  operator: [...everybody, 'promote', 'rollback', 'monitor', 'serve', 'break_glass'],
  auditor: [...everybody, 'audit', 'review'],
  admin: [...everybody, 'audit', 'maintain', 'administer'],
};
