/** Recipe of a sample that samples.py makes bit for bit alike, or its values; infinities are strings. */
export type Recipe =
  | readonly (number | string)[]
  | {
      readonly shape: string;
      readonly n: number;
      readonly seed?: number;
      readonly shift?: number;
      readonly scale?: number;
      readonly levels?: number;
    };

export function sample(recipe: Recipe): Float64Array {
  if (!('shape' in recipe)) return Float64Array.from(recipe, Number);
  const { shape, n, seed = 0, shift = 0, scale = 1, levels = 1 } = recipe;
  const next = uniforms(seed);
  const draw = shapes[shape];
  if (draw === undefined) throw new Error(`unknown shape ${shape}`);
  return Float64Array.from({ length: n }, () => draw(next, levels) * scale + shift);
}

const shapes: Readonly<Record<string, (next: () => number, levels: number) => number>> = {
  constant: () => 0,
  uniform: (next) => next(),
  bell: (next) => next() + next() + next() + next() - 2,
  heavy: (next) => {
    const u = next();
    return (u - 0.5) / (u * (1 - u));
  },
  skewed: (next) => {
    const u = next();
    const r = u / (1 - u);
    return r * r;
  },
  ties: (next, levels) => Math.floor(next() * levels),
};

export function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
}
