/** What is used of ml-cart, which ships no types. */
declare module 'ml-cart' {
  /** A split when it has children, a leaf when it has a distribution. */
  export interface CartNode {
    readonly splitColumn?: number;
    readonly splitValue?: number;
    readonly left?: CartNode;
    readonly right?: CartNode;
    /** Prediction of a leaf. */
    readonly distribution?: number;
  }

  export class DecisionTreeRegression {
    constructor(options: { maxDepth: number; minNumSamples: number; gainThreshold: number });
    readonly root: CartNode;
    train(rows: readonly (readonly number[])[], target: readonly number[]): void;
    predict(rows: readonly (readonly number[])[]): number[];
  }
}
