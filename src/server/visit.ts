import type { Html } from '../report/page/html.js';
import type { Services } from './services.js';

/** A request that was let in, and what its page is made with. */
export interface Visit {
  readonly services: Services;
  readonly url: URL;
  /** What the variable parts of the path are. */
  readonly params: readonly string[];
  /** Address of a page of the dashboard; the parts are encoded. */
  readonly href: (...parts: readonly string[]) => string;
  /** Proves that a form was made by this server for this session. */
  readonly formToken: string;
}

/** What a page has to say; the layout goes around it. */
export interface Page {
  readonly title: string;
  readonly kicker?: string;
  readonly content: Html;
  /** 200 unless told. */
  readonly status?: number;
}

export type ShowPage = (visit: Visit) => Promise<Page>;

/** Where to go after something was done, or the page that says why it was not. */
export type Done = { readonly to: string } | Page;

export type DoAction = (visit: Visit, form: URLSearchParams) => Promise<Done>;
