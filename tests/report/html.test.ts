import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Html, html } from '../../src/report/page/html.js';

describe('a template', () => {
  it('escapes texts, in attributes too, and keeps markup', () => {
    const name = `<script>alert("1")</script>'&`;
    expect(
      html`<p title="${name}">${name}${html`<b>${1}</b>`}${[html`<i></i>`, 'a&b']}${false}${undefined}</p>`.markup,
    ).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;<b>1</b><i></i>a&amp;b</p>',
    );
  });

  it('shows controls and marks that turn the direction of writing as codes', () => {
    expect(html`${'a\u202eb\u0000c\nd'}`.markup).toBe('a\\u202eb\\u0000c\nd');
  });

  it('never lets a text out of its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(html`${text}`.markup).not.toMatch(/[<>"']/);
        expect(html`${new Html(html`${text}`.markup)}`.markup).toBe(html`${text}`.markup);
      }),
    );
  });
});
