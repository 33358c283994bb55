import type { JsonObject, JsonValue } from '../../util/json.js';
import type { Palette } from './palette.js';

/** A Vega-Lite specification (versions 5 and 6): plain JSON with its data inside, nothing to be fetched. */
export type ChartSpec = JsonObject;

/** Where a chart is to be seen. */
export interface ChartLook {
  /** Of the whole chart, in CSS pixels. */
  readonly width: number;
  readonly palette: Palette;
}

/** A chart before it is drawn anywhere: the same for a report, a dashboard and a notebook. */
export interface Chart {
  readonly title: string;
  /** What a reader who cannot see it needs to know. */
  readonly description: string;
  /** Marks and what they mean, where the chart does not say so itself. */
  readonly key?: readonly ChartKey[];
  readonly draw: (look: ChartLook) => ChartSpec;
}

/** One entry of a legend. */
export interface ChartKey {
  readonly symbol: string;
  readonly meaning: string;
  readonly colour?: keyof Palette | `series-${number}`;
}

/** Space around the plot, in CSS pixels. */
export interface Margins {
  readonly left: number;
  readonly right?: number;
  readonly top?: number;
  readonly bottom?: number;
}

/**
 * A specification with everything but its marks. Margins are given, not found from the width of texts, which is not known
 * without a browser; a chart looks the same wherever it is drawn.
 */
export function frame(
  { width, palette }: ChartLook,
  height: number,
  { left, right = 12, top = 8, bottom = 36 }: Margins,
  content: JsonObject,
): ChartSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: Math.max(60, width - left - right),
    height,
    padding: { left, right, top, bottom },
    autosize: { type: 'none' },
    ...content,
    config: {
      aria: false,
      background: null,
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      axis: {
        labelColor: palette.muted,
        titleColor: palette.muted,
        gridColor: palette.line,
        domainColor: palette.muted,
        tickColor: palette.muted,
        labelFontSize: 11,
        titleFontSize: 11,
        titleFontWeight: 'normal',
        labelLimit: 0,
      },
      text: { color: palette.ink, fontSize: 11 },
    },
  };
}

/** Pixels that labels take at most in the font of charts. */
export const labelWidth = (labels: readonly string[]): number =>
  12 + Math.max(0, ...labels.map((label) => Array.from(label).reduce((sum, c) => sum + characterWidth(c), 0)));

/** As wide as high: also Chinese, Japanese, Korean and emoji. */
const widest =
  /[MWmw@%\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u;

const characterWidth = (c: string): number => (widest.test(c) ? 11 : /\p{Lu}/u.test(c) ? 8 : 6.6);

/** How an axis writes such values, and the margin that this takes: what a label has no room for is cut off, and reads as another number. */
export function valueLabels(values: readonly number[]): { readonly format: string; readonly left: number } {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (finite.length === 0 || size >= 1e16 || (size > 0 && size < 1e-6))
    return { format: '.3~e', left: labelWidth(['−1.234e+300']) };
  const closest = (high > low ? high - low : size || 1) / 10; // of two ticks
  const digits = Math.min(20, Math.max(0, Math.ceil(-Math.log10(closest))));
  const written = [low, high].map((value) => value.toLocaleString('en-GB', { minimumFractionDigits: digits }));
  return { format: `,.${digits}~f`, left: Math.max(52, labelWidth(written)) };
}

/** Labels of at most `most` characters that still differ from each other; the middle is what they lose. */
export function shortLabels(texts: readonly string[], most: number): string[] {
  const used = new Set<string>();
  return texts.map((text) => {
    const plain = text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
    const characters = Array.from(plain);
    const half = (most - 1) / 2;
    const short =
      characters.length <= most
        ? plain
        : `${characters.slice(0, Math.ceil(half)).join('')}…${characters.slice(-Math.floor(half)).join('')}`;
    let label = short;
    for (let i = 2; used.has(label); i++) label = `${short} (${i})`;
    used.add(label);
    return label;
  });
}

/** Values as the data of a specification; numbers that JSON lacks become null, which is not drawn. */
export const chartData = (values: readonly Readonly<Record<string, JsonValue | undefined>>[]): JsonObject => ({
  values: values.map((value) =>
    Object.fromEntries(
      Object.entries(value).map(([name, v]) => [
        name,
        v === undefined || (typeof v === 'number' && !Number.isFinite(v)) ? null : v,
      ]),
    ),
  ),
});
