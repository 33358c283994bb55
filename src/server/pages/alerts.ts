import type { Alert } from '../../monitoring/alerts/alert.js';
import { html } from '../../report/page/html.js';
import { count, moment } from '../../report/page/numbers.js';
import { badge, section, table, verdictBanner } from '../../report/page/parts.js';
import { actionForm, cursorOf, pageLinks } from '../layout.js';
import type { ShowPage, Visit } from '../visit.js';

/** What somebody should know: alerts newest first, who looks after them, and what no channel took. */
export const alerts: ShowPage = async (visit) => {
  const [page, open, critical, { deliveries }] = await Promise.all([
    visit.services.alerts.list(cursorOf(visit)),
    visit.services.alerts.list({ status: 'open' }),
    visit.services.alerts.list({ status: 'open', severity: 'critical' }),
    visit.services.alerts.listDeliveries({ status: 'undelivered' }),
  ]);
  const isCritical = critical.alerts.length > 0;
  const waiting = `${count(open.alerts.length)}${open.cursor === undefined ? '' : ' or more'}`;
  return {
    title: 'Alerts',
    content: html`${
      open.alerts.length === 0
        ? verdictBanner('ok', 'Nothing waits for anybody', html`<p>No alert is open.</p>`)
        : verdictBanner(
            isCritical ? 'critical' : 'warning',
            `${waiting} open`,
            html`<p>
              ${isCritical ? 'At least one is critical.' : 'None is critical.'} Acknowledge what you look after.
            </p>`,
          )
    }
    ${isCritical && open.cursor !== undefined && section('critical', 'Critical', alertTable(visit, 'Open and critical, newest first', critical.alerts))}
    ${page.alerts.length > 0 && section('alerts', 'Alerts', alertTable(visit, `${page.alerts.length} alerts, newest first`, page.alerts))}
    ${pageLinks(visit, page.cursor)}
    ${
      deliveries.length > 0 &&
      section(
        'undelivered',
        'Not delivered',
        table(
          'What no channel took, newest first',
          [{ title: 'Since' }, { title: 'Channel' }, { title: 'Notice' }, { title: 'Alert' }, { title: 'Why' }],
          deliveries.map((one) => [
            moment(one.createdAt),
            one.channel,
            one.notice,
            one.alert.title,
            one.lastError ?? '',
          ]),
        ),
      )
    }`,
  };
};

const alertTable = (visit: Visit, caption: string, all: readonly Alert[]) =>
  table(
    caption,
    [
      { title: 'Alert' },
      { title: 'Severity' },
      { title: 'State' },
      { title: 'What was found' },
      { title: 'Raised' },
      { title: 'Seen', kind: 'number' },
      { title: 'To do' },
    ],
    all.map((alert) => [
      alert.title,
      badge(alert.severity),
      html`${badge(alert.status)} ${stateOf(alert)}`,
      alert.message,
      moment(alert.raisedAt),
      count(alert.count),
      alert.status === 'open' && acknowledgeForm(visit, alert),
    ]),
  );

function stateOf({ status, acknowledgedBy, comment, recovery }: Alert): string {
  if (status === 'recovered') return recovery ?? '';
  if (acknowledgedBy === undefined) return '';
  return `by ${acknowledgedBy}${comment === undefined ? '' : `: ${comment}`}`;
}

const acknowledgeForm = (visit: Visit, { alertId, title }: Alert) =>
  actionForm(
    visit,
    'acknowledge',
    'Acknowledge',
    { alertId },
    html`<input name="comment" maxlength="500" aria-label="Comment on ${title}" placeholder="comment" />`,
  );
