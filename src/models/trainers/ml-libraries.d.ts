/** What is used of two libraries that ship no types. */
declare module 'ml-cart' {
  export class DecisionTreeRegression {
    constructor(options: { maxDepth: number; minNumSamples: number });
    readonly root: unknown;
    train(rows: readonly (readonly number[])[], target: number[]): void;
  }
}

declare module 'ml-random-forest' {
  export class RandomForestRegression {
    constructor(options: {
      nEstimators: number;
      seed: number;
      maxFeatures: number;
      replacement: boolean;
      useSampleBagging: boolean;
      noOOB: boolean;
      treeOptions: { maxDepth: number; minNumSamples: number };
    });
    readonly indexes: readonly (readonly number[])[];
    readonly estimators: readonly { readonly root: unknown }[];
    train(rows: readonly (readonly number[])[], target: number[]): void;
  }
}
