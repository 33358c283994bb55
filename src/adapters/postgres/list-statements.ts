import { setTimeout as delay } from 'node:timers/promises';
import { type PostgresPool, type PostgresResult, guard } from './postgres-client.js';
import { isConnectionLoss, isPoolBusy } from './postgres-errors.js';

const timeoutMs = 10_000;

/** Names itself, to see whether the server tells statements at all. */
const question = `select query from pg_stat_activity where state = 'active'`;

/** @returns the statements that the server works on; none where it cannot be reached, undefined where nobody knows */
export async function listStatements(pool: PostgresPool): Promise<readonly string[] | undefined> {
  try {
    const client = await pool.connect();
    guard(client);
    let isAnswered = false;
    try {
      const rows = await Promise.race([client.query({ text: question }), delay(timeoutMs, undefined, { ref: false })]);
      if (rows === undefined) return [];
      isAnswered = true;
      const texts = (rows as PostgresResult).rows.map(({ query }) => String(query));
      return texts.some((text) => text.startsWith(question)) ? texts : undefined; // tracing may add a comment
    } finally {
      client.release(!isAnswered);
    }
  } catch (error) {
    return isConnectionLoss(error) && !isPoolBusy(error) ? [] : undefined;
  }
}
