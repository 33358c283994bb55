import { html } from '../../report/page/html.js';
import { count, moment } from '../../report/page/numbers.js';
import { badge, digest, proof, section, table, verdictBanner } from '../../report/page/parts.js';
import type { ShowPage } from '../visit.js';

const shown = 100;

/** Whether the trail is whole, and its latest records. */
export const audit: ShowPage = async ({ services }) =>
  services.withAudit(async (log) => {
    const verification = await log.verify();
    const { status, records, head, position, reason } = verification;
    const latest = await log.list({ from: Math.max(0, records - shown), limit: shown });
    return {
      title: 'Audit trail',
      content: html`${verdictBanner(
        status,
        status === 'ok' ? 'Whole: every record continues the one before' : `Damaged at record ${position ?? 0}`,
        html`<p>${reason ?? `${count(records)} records were checked just now.`}</p>`,
      )}
      ${proof([['Head', digest(head)]])}
      ${section(
        'records',
        'Records',
        table(
          `The latest ${latest.length}, newest first`,
          [
            { title: 'Record' },
            { title: 'When' },
            { title: 'Who' },
            { title: 'Action' },
            { title: 'On' },
            { title: 'Decision' },
            { title: 'Why' },
          ],
          latest
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
        ),
      )}`,
    };
  });
