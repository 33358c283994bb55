import type { StoredDelivery } from '../alerts/delivery.js';

/** Sends one delivery; resolves when the receiver has it. */
export type SendAlert = (delivery: StoredDelivery) => Promise<void>;

/** What a user's e-mail library offers; nodemailer's transports fit. */
export interface MailTransport {
  sendMail(message: {
    readonly from: string;
    readonly to: readonly string[];
    readonly subject: string;
    readonly text: string;
    /** The same for each attempt, so that a mail server can tell a repetition. */
    readonly messageId: string;
  }): Promise<unknown>;
}

/** What is sent as JSON. */
export const payloadOf = ({ deliveryId, channel, notice, alert }: StoredDelivery) => ({
  deliveryId,
  channel,
  notice,
  alert,
});

/** One line for a person, free of line breaks and control characters. */
export const headlineOf = ({ notice, alert }: StoredDelivery): string =>
  `[${alert.severity}${notice === 'raised' ? '' : `, ${notice}`}] ${alert.title}`.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    ' ',
  );

export const textOf = ({ notice, alert }: StoredDelivery): string =>
  notice === 'recovered' ? `recovered: ${alert.recovery ?? ''}` : alert.message;
