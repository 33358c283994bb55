import { kernelBytes } from './kernel-bytes.js';

/** What assembly/kernel.ts exports; what the numbers mean is said there. */
export interface Kernel {
  gather(values: number, rows: number, count: number, out: number): void;
  addRows(
    packed: number,
    rows: number,
    count: number,
    gradients: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): void;
  addRowsWithHessians(
    packed: number,
    rows: number,
    count: number,
    gradients: number,
    hessians: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): void;
  subtract(from: number, what: number, count: number): void;
  partition(rows: number, count: number, bins: number, isLeft: number, spare: number): number;
  nextCut(
    cell: number,
    countAt: number,
    bin: number,
    cuts: number,
    sums: number,
    allGradient: number,
    allHessian: number,
    allCount: number,
    minSamplesLeaf: number,
    l2: number,
    before: number,
    gain: number,
  ): number;
  sumTrees(columns: number, count: number, trees: number, rows: number, values: number): number;
}

let compiled: WebAssembly.Module | undefined;

/** The inner loops of training and scoring, working on the given memory. They run some three times as fast as in JavaScript. */
export function kernelOn(memory: WebAssembly.Memory): Kernel {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelBytes, 'base64'));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernel;
}
