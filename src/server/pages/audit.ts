import type { AuditStatus, AuditVerification } from '../../governance/audit/verify-log.js';
import { html } from '../../report/page/html.js';
import { count, moment } from '../../report/page/numbers.js';
import { badge, digest, proof, section, table, verdictBanner } from '../../report/page/parts.js';
import { refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import type { ShowPage } from '../visit.js';

const shown = 100;

/** What each verdict means to a person. */
const words: Readonly<Record<AuditStatus, string>> = {
  ok: 'Whole: every record continues the one before',
  torn_tail_recovered: 'Whole, but for a last line that a crash cut off',
  corrupt: 'Damaged: a record was altered, removed or put in',
  truncated: 'Cut: records at the end are missing',
  rolled_back: 'Rolled back: an older store was put in place',
  forked: 'Forked: history was written anew',
  unanchored: 'Not vouched for: signed checkpoints are missing',
};

/** Whether the trail is whole, and its records: the latest, or those before the one that `?before=` names. */
export const audit: ShowPage = async ({ services, href, url }) =>
  services.withAudit(async (log) => {
    const [newest] = await log.list({ newestFirst: true, limit: 1 }); // refuses who may not read it
    const { verification, at } = await services.verifiedLog.verify(log, url.searchParams.has('check'));
    const { status, records, removed, reason } = verification;
    const first = removed?.records ?? 0; // retention removed those before
    const checked = first + records;
    const end = Math.max(checked, (newest?.seq ?? -1) + 1);
    const unchecked = status === 'ok' ? end - checked : 0;
    const before = endOf(url.searchParams.get('before'), end);
    const from = Math.min(before, Math.max(first, before - shown));
    const page = before === from ? [] : await log.list({ from, limit: before - from });
    return {
      title: 'Audit trail',
      content: html`${verdictBanner(
        status,
        words[status],
        html`<p>
          ${reason ?? `${count(records)} records.`} Checked at
          ${moment(toIso(at))}${unchecked > 0 && `; ${count(unchecked)} newer records were not`}.
          <a href="${href('audit')}?check=now">Check again</a>
        </p>`,
      )}
      ${proof(proofOf(verification))}
      ${section(
        'records',
        'Records',
        html`${table(
          before === end
            ? `The latest ${page.length} of ${count(end - first)}, newest first`
            : `${page.length} before record ${before}, of ${count(end - first)}, newest first`,
          [
            { title: 'Record' },
            { title: 'When' },
            { title: 'Who' },
            { title: 'Action' },
            { title: 'On' },
            { title: 'Decision' },
            { title: 'Why' },
          ],
          page
            .toReversed()
            .map(({ seq, ts, actor, action, resource, decision, reason: why }) => [
              seq,
              moment(ts),
              `${actor.id}${actor.onBehalfOf === undefined ? '' : ` for ${actor.onBehalfOf}`}`,
              action,
              `${resource.type} ${resource.id}${resource.version === undefined ? '' : ` ${resource.version}`}`,
              badge(decision),
              why,
            ]),
        )}
        ${
          (from > first || before < end) &&
          html`<nav aria-label="Records">
            <p>
              ${before < end && html`<a href="${href('audit')}">The latest</a>`}
              ${from > first && html`<a href="${href('audit')}?before=${from}">Older records</a>`}
            </p>
          </nav>`
        }`,
      )}`,
    };
  });

function proofOf({ head, status, position, anchored }: AuditVerification): Parameters<typeof proof>[0] {
  return [
    ['Head', digest(head)],
    ['First record that does not fit', status === 'ok' || position === undefined ? undefined : count(position)],
    [
      'Signed',
      anchored === undefined
        ? 'no checkpoint yet'
        : html`the first ${count(anchored.size)} records, at ${moment(anchored.time)}, by key ${digest(anchored.keyId)}`,
    ],
  ];
}

function endOf(asked: string | null, end: number): number {
  if (asked === null) return end;
  if (!/^\d{1,15}$/.test(asked)) refuse('before must be the number of a record');
  return Math.min(Number(asked), end);
}
