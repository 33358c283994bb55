/** Colours of a chart by what they mean. */
export interface Palette {
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly bad: string;
  readonly good: string;
  readonly unsure: string;
  readonly unknown: string;
  /** Of things that are told apart, not judged. */
  readonly series: readonly string[];
}

/**
 * On white. Hues of Okabe & Ito, "Color Universal Design" (2008), darkened where thin lines need contrast: they differ for
 * people who see few colours, and no chart tells by colour alone.
 */
export const lightPalette: Palette = {
  ink: '#1b1f24',
  muted: '#59636e',
  line: '#d1d9e0',
  bad: '#c24100',
  good: '#0067a3',
  unsure: '#8a5a00',
  unknown: '#6a737d',
  series: ['#0067a3', '#c24100', '#007a59', '#a34a86', '#8a5a00', '#4d4d4d'],
};

/** On near black. */
export const darkPalette: Palette = {
  ink: '#e8ebef',
  muted: '#a6b0bb',
  line: '#3a424c',
  bad: '#ff8a4f',
  good: '#62bdf2',
  unsure: '#f0c24b',
  unknown: '#a6b0bb',
  series: ['#62bdf2', '#ff8a4f', '#3fcf9f', '#e59bc8', '#f0c24b', '#c9ced6'],
};

const named = Object.keys(lightPalette).filter((name) => name !== 'series') as Exclude<keyof Palette, 'series'>[];

/** Colours that follow the page: custom properties, with those on white where there are none. */
export const pagePalette: Palette = {
  ...(Object.fromEntries(named.map((name) => [name, `var(--${name})`])) as Record<(typeof named)[number], string>),
  series: lightPalette.series.map((_, i) => `var(--series-${i})`),
};

/** The custom properties that {@link pagePalette} names, as CSS declarations. */
export const cssProperties = (palette: Palette): string =>
  [
    ...named.map((name) => `--${name}:${palette[name]}`),
    ...palette.series.map((colour, i) => `--series-${i}:${colour}`),
  ].join(';');
