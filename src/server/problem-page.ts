import { type ErrorCode, MLOpsError } from '../errors.js';
import { html } from '../report/page/html.js';
import type { Page } from './visit.js';

const statuses: Partial<Record<ErrorCode, number>> = {
  INVALID_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  CONFLICT: 409,
  ILLEGAL_STATE: 409,
  STORAGE_UNAVAILABLE: 503,
  KEY_UNAVAILABLE: 503,
  CLOSED: 503,
};

/** What a browser is told about an error: the message of an expected one, nothing of a defect. */
export function problemPage(error: unknown): { readonly status: number; readonly page: Page } {
  const isExpected = error instanceof MLOpsError;
  const status = (isExpected ? statuses[error.code] : undefined) ?? 500;
  const titles: Readonly<Record<number, string>> = { 403: 'Not allowed', 404: 'Not found', 409: 'Not possible now' };
  const message = isExpected
    ? error.message
    : 'something went wrong here; the audit trail says whether anything was changed';
  return {
    status,
    page: { title: titles[status] ?? 'Problem', status, content: html`<p class="note">${message}</p>` },
  };
}
