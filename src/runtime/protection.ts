import type { MLOpsConfig } from '../config/mlops-config.js';
import { type BaselineProfile } from '../data/baseline-profile.js';
import type { DataSummary } from '../data/data-summary.js';
import type { DataProfile } from '../data/profile.js';
import type { Row, Table } from '../data/table.js';
import type { ColumnRule } from '../privacy/column-rule.js';
import type { ColumnProtection, DeclaredColumns } from '../privacy/declared-columns.js';
import { isPseudonymText } from '../privacy/pseudonym.js';
import { refuse } from '../util/check.js';
import type { Context } from './context.js';

/** What data passes where it comes in: `privacy.sensitive_columns`, while `security.anonymize_sensitive_data` is true. */
export interface DataBoundary {
  readonly table: (table: Table) => Promise<Table>;
  readonly summary: (summary: DataSummary) => Promise<DataSummary>;
  readonly profile: (profile: BaselineProfile) => Promise<BaselineProfile>;
  readonly dataProfile: (profile: DataProfile) => Promise<DataProfile>;
  /** For single records, synchronously. */
  readonly row: () => Promise<(row: Row) => Row>;
}

/** The rules of the policy; undefined when nothing is to be replaced. */
export function declaredColumns({ policy }: MLOpsConfig): DeclaredColumns | undefined {
  const { sensitiveColumns } = policy.privacy;
  if (!policy.security.anonymizeSensitiveData || Object.keys(sensitiveColumns).length === 0) return undefined;
  return Object.fromEntries(
    Object.entries(sensitiveColumns).map(([name, { action, to, bands, keep }]): [string, ColumnRule] => [
      name,
      {
        action,
        ...(to !== null && { to }),
        ...(to === 'band' && { bands }),
        ...(keep !== null && { keep }),
      } as ColumnRule,
    ]),
  );
}

/** @throws MLOpsError `KEY_UNAVAILABLE` by each of them, when pseudonyms are asked for and there is no key */
export function dataBoundary({ config, keys }: Pick<Context, 'config' | 'keys'>): DataBoundary {
  const columns = declaredColumns(config);
  if (columns === undefined) {
    return {
      table: (table) => Promise.resolve(table),
      summary: (summary) => Promise.resolve(summary),
      profile: (profile) => Promise.resolve(profile),
      dataProfile: (profile) => Promise.resolve(profile),
      row: () => Promise.resolve((row) => row),
    };
  }
  const protection = async (): Promise<ColumnProtection> => {
    const { ColumnProtection } = await import('../privacy/declared-columns.js'); // few policies declare columns
    const ring = await keys();
    const ids = (await ring.list()).filter(({ purpose }) => purpose === 'pseudonym').map(({ id }) => id);
    return new ColumnProtection(columns, { key: await ring.pseudonymKey(), keyIds: ids });
  };
  return {
    table: async (table) => (await protection()).table(table),
    summary: async (summary) => (await protection()).summary(summary),
    profile: async (profile) => (await protection()).profile(profile),
    dataProfile: async (profile) => (await protection()).dataProfile(profile),
    row: async () => {
      const known = await protection();
      return (row) => known.row(row);
    },
  };
}

/**
 * What can be replaced without a key. Pseudonyms cannot be made here: a column of them must hold some already.
 *
 * @param needed columns that are learned from
 * @throws MLOpsError `INVALID_INPUT` for a column that is to be pseudonymized and was not
 */
export async function protectWithoutKey(config: MLOpsConfig, table: Table, needed: readonly string[]): Promise<Table> {
  const columns = Object.entries(declaredColumns(config) ?? {});
  if (columns.length === 0) return table;
  const keyless = columns.filter(([, { action }]) => action !== 'pseudonymize');
  for (const [name, { action }] of columns) {
    const column = needed.includes(name) ? table.columns.get(name) : undefined;
    if (action !== 'pseudonymize' || column === undefined) continue;
    if (column.kind !== 'categorical' || !column.categories.every(isPseudonymText)) {
      refuse(
        `${name} is to be pseudonymized (privacy.sensitive_columns); pass data through DataProtection.protect first`,
      );
    }
  }
  const { ColumnProtection } = await import('../privacy/declared-columns.js');
  const noKey = { key: { keyId: '', secret: new Uint8Array() }, keyIds: [] };
  return new ColumnProtection(Object.fromEntries(keyless), noKey).table(table);
}
