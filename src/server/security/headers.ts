/** Nothing from elsewhere, nothing inline, in no frame. Forms send their origin, so referrers stay within the server. */
const always: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};

/** A response with the headers that every response has. */
export function respond(body: string | null, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { status, headers: { ...always, ...headers } });
}

export const respondHtml = (body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  respond(body, status, { 'content-type': 'text/html; charset=utf-8', ...headers });
