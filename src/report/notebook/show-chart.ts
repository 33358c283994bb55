import type { Chart, ChartSpec } from '../charts/chart.js';
import { lightPalette } from '../charts/palette.js';
import { renderSvg } from '../charts/render-svg.js';
import { html } from '../page/html.js';

/** What a notebook shows of a value, by media type. */
export interface DisplayBundle {
  readonly 'application/vnd.vegalite.v5+json': ChartSpec;
  readonly 'text/html': string;
  readonly 'text/plain': string;
}

/** What the library needs of `tslab.display`. */
export interface HtmlDisplay {
  html(markup: string): void;
}

/** A chart that a notebook cell shows when it is the cell's value. */
export interface NotebookChart {
  readonly title: string;
  readonly spec: ChartSpec;
  /** All media types at once. */
  bundle(): Promise<DisplayBundle>;
  /** Shows it through tslab: `await chart.show(tslab.display)`. */
  show(display: HtmlDisplay): Promise<void>;
  /** What Deno asks for. */
  readonly [jupyterDisplay]: () => Promise<DisplayBundle>;
}

export const jupyterDisplay: unique symbol = Symbol.for('Jupyter.display') as never;

/** A chart for a notebook: interactive where the notebook knows Vega-Lite, a picture where it does not. */
export function showChart(chart: Chart, width = 640): NotebookChart {
  const look = { width, palette: lightPalette };
  const spec = chart.draw(look);
  const bundle = async (): Promise<DisplayBundle> => ({
    'application/vnd.vegalite.v5+json': spec,
    'text/html': html`<figure style="background:#fff;color:#1b1f24;margin:0">
      <figcaption>${chart.title}</figcaption>
      ${await renderSvg(chart, look)}
    </figure>`.markup,
    'text/plain': `${chart.title}: ${chart.description}`,
  });
  const show = async (display: HtmlDisplay): Promise<void> => display.html((await bundle())['text/html']);
  return { title: chart.title, spec, bundle, show, [jupyterDisplay]: bundle };
}
