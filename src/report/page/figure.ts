import type { Chart, ChartKey } from '../charts/chart.js';
import { pagePalette } from '../charts/palette.js';
import { renderSvg } from '../charts/render-svg.js';
import { type Html, html } from './html.js';

/** Widths for a desk and for a hand; the page shows the one that fits. */
const widths = { wide: 720, narrow: 340 };

/** A chart that is drawn for wide and for narrow screens, with its title, its legend and its description. */
export async function figure(chart: Chart): Promise<Html> {
  const [wide, narrow] = await Promise.all(
    [widths.wide, widths.narrow].map((width) => renderSvg(chart, { width, palette: pagePalette })),
  );
  return html`<figure class="chart">
    <figcaption><strong>${chart.title}</strong>${legend(chart.key)}</figcaption>
    <div class="wide">${wide}</div>
    <div class="narrow">${narrow}</div>
  </figure>`;
}

/** A small chart, one of many beside each other. */
export async function smallFigure(chart: Chart): Promise<Html> {
  const svg = await renderSvg(chart, { width: 300, palette: pagePalette });
  return html`<figure class="chart small">
    <figcaption>${chart.title}</figcaption>
    ${svg}
  </figure>`;
}

/** What the marks of charts mean. */
export const legend = (keys: readonly ChartKey[] = []): Html | undefined =>
  keys.length === 0
    ? undefined
    : html`<ul class="key">
        ${keys.map(
          ({ symbol, meaning, colour = 'muted' }) =>
            html`<li><span class="c-${colour}" aria-hidden="true">${symbol}</span> ${meaning}</li>`,
        )}
      </ul>`;
