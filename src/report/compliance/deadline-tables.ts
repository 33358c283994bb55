import { type Overlay, isInForce } from '../../compliance/inventory/overlays.js';
import type { ModelFinding } from '../../registry/inventory/finding.js';
import type { InventoryEntry } from '../../registry/inventory/inventory-entry.js';
import { type Html, html } from '../page/html.js';
import { moment, number } from '../page/numbers.js';
import { badge, digest, facts, table } from '../page/parts.js';

/** Whether an open finding is past its date at a moment, UTC milliseconds. */
export const isLate = ({ status, dueAt }: ModelFinding, at: number): boolean =>
  status === 'open' && Date.parse(dueAt) <= at;

const day = (iso: string): string => iso.slice(0, 10);

/** The model's entry in the inventory, with its validations and when the next is due. */
export const inventoryView = (entry: InventoryEntry, at: number): Html =>
  html`${facts([
      ['Tier', String(entry.tier)],
      ['Owner', entry.owner],
      ['Is for', entry.measures.join(', ')],
      ['Developers', entry.developers.length > 0 ? entry.developers.join(', ') : undefined],
      ['Described', `${day(entry.describedAt)} by ${entry.describedBy}`],
      ['Next review', reviewView(entry, at)],
      [
        'Yearly report',
        entry.annualReport === undefined ? 'none signed' : `signed ${day(entry.annualReport.signedAt)}`,
      ],
    ])}
    <p>${entry.purpose}</p>
    ${
      entry.validations.length > 0 &&
      table(
        'Who validated it, oldest first',
        [{ title: 'When' }, { title: 'By' }, { title: 'Version' }, { title: 'Outcome' }, { title: 'Report' }],
        entry.validations.map(({ at: when, by, version, outcome, report, comment }) => [
          moment(when),
          by,
          version,
          html`${badge(outcome)}${comment !== undefined && `: ${comment}`}`,
          report && digest(report),
        ]),
      )
    }`;

function reviewView({ nextReviewAt }: InventoryEntry, at: number): Html {
  if (nextReviewAt === undefined) return badge('never_validated');
  return html`${day(nextReviewAt)}${Date.parse(nextReviewAt) <= at && html` ${badge('overdue')}`}`;
}

/** Findings, those past their dates first, then by date; closed ones last. */
export const findingTable = (findings: readonly ModelFinding[], at: number): Html =>
  table(
    'Weaknesses, by the date to mend them',
    [{ title: 'What' }, { title: 'State' }, { title: 'Severity' }, { title: 'Due' }, { title: 'Last event' }],
    byUrgency(findings, (finding) => finding.status === 'open', 'dueAt').map((finding) => {
      const last = finding.events.at(-1);
      return [
        finding.version === undefined ? finding.title : `${finding.title} (${finding.version})`,
        badge(isLate(finding, at) ? 'overdue' : finding.status),
        finding.severity,
        day(finding.dueAt),
        last &&
          `${last.action.replaceAll('_', ' ')} ${day(last.at)} by ${last.by}${last.comment === undefined ? '' : `: ${last.comment}`}`,
      ];
    }),
  );

/** Overlays, those in force or waiting first, by expiry. */
export const overlayTable = (overlays: readonly Overlay[], at: number): Html =>
  table(
    'Amounts on top of what the model says, by expiry',
    [
      { title: 'Why' },
      { title: 'State' },
      { title: 'Amount', kind: 'number' },
      { title: 'Expires' },
      { title: 'Recorded' },
      { title: 'Approved' },
    ],
    byUrgency(overlays, (overlay) => isCurrent(overlayState(overlay, at)), 'expiresAt').map((overlay) => [
      overlay.reason,
      badge(overlayState(overlay, at)),
      `${overlay.direction === 'increase' ? '+' : '−'}${number(overlay.amount)} ${overlay.currency}`,
      day(overlay.expiresAt),
      `${day(overlay.recordedAt)} by ${overlay.recordedBy}`,
      overlay.approvedAt === undefined ? undefined : `${day(overlay.approvedAt)} by ${overlay.approvedBy}`,
    ]),
  );

const isCurrent = (state: string): boolean => state === 'in_force' || state === 'not_approved';

function overlayState(overlay: Overlay, at: number): string {
  if (overlay.withdrawnAt !== undefined) return 'withdrawn';
  if (isInForce(overlay, at)) return 'in_force';
  return Date.parse(overlay.expiresAt) <= at ? 'expired' : 'not_approved';
}

/** What still counts first, and within that the earliest date. */
function byUrgency<K extends string, T extends Readonly<Record<K, string>>>(
  items: readonly T[],
  counts: (item: T) => boolean,
  date: K,
): readonly T[] {
  const rank = (item: T): string => `${counts(item) ? 0 : 1}${item[date]}`;
  return items.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}
