import { MLOpsError } from '../../errors.js';
import { Html, escapeHtml } from '../page/html.js';
import type { Chart, ChartLook, ChartSpec } from './chart.js';

/** What is needed of the package `vega`. */
interface Vega {
  parse(spec: unknown): unknown;
  View: new (
    runtime: unknown,
    options: { readonly renderer: 'none' },
  ) => {
    toSVG(): Promise<string>;
    finalize(): void;
  };
}

/** What is needed of the package `vega-lite`. */
interface VegaLite {
  compile(spec: ChartSpec, options: { readonly logger: unknown }): { readonly spec: unknown };
}

let loaded: Promise<readonly [Vega, VegaLite]> | undefined;

/** @throws MLOpsError `MISSING_DEPENDENCY` */
async function loadVega(): Promise<readonly [Vega, VegaLite]> {
  loaded ??= Promise.all([import('vega'), import('vega-lite')]).then(
    (both) => both as unknown as readonly [Vega, VegaLite],
  );
  try {
    return await loaded;
  } catch (cause) {
    loaded = undefined;
    throw new MLOpsError(
      'MISSING_DEPENDENCY',
      'charts need the packages vega and vega-lite, both from 6.0: npm install vega vega-lite@6.4.2 ' +
        '(later versions of vega-lite ask for Node 22)',
      { cause },
    );
  }
}

/** Takes what the compiler says about a specification; these are tested. */
const silent = {
  level: () => silent,
  error: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent,
};

/**
 * A chart as SVG, drawn without a browser; a screen reader is told its description.
 *
 * @throws MLOpsError `MISSING_DEPENDENCY` without `vega` and `vega-lite`
 */
export async function renderSvg(chart: Chart, look: ChartLook): Promise<Html> {
  const [vega, vegaLite] = await loadVega();
  const { spec } = vegaLite.compile(chart.draw(look), { logger: silent });
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  try {
    return new Html(trim(await view.toSVG(), `${chart.title}. ${chart.description}`));
  } finally {
    view.finalize();
  }
}

/** Attributes that say what holds without them, or what only a script would read. */
const needless =
  / (?:class|role|aria-[a-z]+|pointer-events|xmlns(?::[a-z]+)?|version|stroke-miterlimit)="[^"]*"| (?:opacity|stroke-width)="1"| (?:x2|y2)="0"| font-family="[^"]*"| transform="translate\(0,0\)"/g;

/**
 * The same picture in a third of the bytes: a report has a hundred of them. Only tags are touched; in texts and attributes
 * `<` and `>` are escaped.
 */
function trim(svg: string, label: string): string {
  const shorter = svg
    .replace(/<text [^>]*opacity="0"[^>]*>[^<]*<\/text>/g, '')
    .replace(/<[^>]+>/g, (tag) => (isHidden(tag) ? '' : tag.replace(needless, '').replace(/\d+\.\d{2,}/g, shorten)));
  return shorter.replace('<svg', `<svg role="img" aria-label="${escapeHtml(label)}"`);
}

const isHidden = (tag: string): boolean =>
  tag.startsWith('<path') && (tag.includes('class="background"') || tag.includes('class="foreground"'));

/** A tenth of a pixel is not seen. */
const shorten = (number: string): string => String(Math.round(10 * Number(number)) / 10);
