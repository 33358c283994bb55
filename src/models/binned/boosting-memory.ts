import type { BinnedFeature } from './bin-table.js';
import { type Kernel, kernelOn } from './kernel.js';
import { layOut } from './memory-layout.js';

/** Features whose bins are the bytes of one number: one access instead of four. */
const perGroup = 4;

/** What boosting works on, laid out for the kernel. */
export class BoostingMemory {
  readonly kernel: Kernel;
  /** Derivatives of the loss at each row's current prediction. */
  readonly gradients: Float64Array;
  /** Empty for losses whose second derivative is 1 everywhere. */
  readonly hessians: Float64Array;
  /** Those of the rows being counted, in their order. */
  readonly orderedGradients: Float64Array;
  readonly orderedHessians: Float64Array;
  /** Rows of the sample; those of a node are side by side and in rising order. */
  readonly rows: Int32Array;
  readonly spare: Int32Array;
  /** 1 for each bin that goes left in the split being made. */
  readonly isLeft: Uint8Array;
  /** Gradient, hessian and count on the left of the cut being looked at. */
  readonly sums: Float64Array;
  /** Sums over the rows of each bin: slot by slot, feature by feature; missing values come last in each feature. */
  readonly cells: Float64Array;
  /** Where each feature's first cell is in a slot, then the cell for the bytes that no feature fills. */
  readonly cellOf: Int32Array;
  /** Numbers in a cell: gradient and count; with hessians gradient, hessian, count and one that is not used. */
  readonly cellLength: 2 | 4;
  /** Numbers in a slot. */
  readonly slotLength: number;
  /** Groups of four features one after the other, a number a row in each. */
  readonly #packed: Int32Array;

  /** @param slotCount histograms kept at the same time */
  constructor(
    features: readonly BinnedFeature[],
    readonly rowCount: number,
    slotCount: number,
    readonly hasHessians: boolean,
  ) {
    this.cellOf = new Int32Array(features.length + 1);
    features.forEach(({ binCount }, feature) => {
      this.cellOf[feature + 1] = this.cellOf[feature]! + binCount + 1;
    });
    this.cellLength = hasHessians ? 4 : 2;
    this.slotLength = this.cellLength * (this.cellOf[features.length]! + 1);
    const hessianCount = hasHessians ? rowCount : 0;
    const { memory, arrays } = layOut({
      gradients: [Float64Array, rowCount],
      hessians: [Float64Array, hessianCount],
      orderedGradients: [Float64Array, rowCount],
      orderedHessians: [Float64Array, hessianCount],
      rows: [Int32Array, rowCount],
      spare: [Int32Array, rowCount],
      isLeft: [Uint8Array, 256],
      sums: [Float64Array, 3],
      packed: [Int32Array, Math.ceil(features.length / perGroup) * rowCount],
      cells: [Float64Array, slotCount * this.slotLength],
    });
    ({ gradients: this.gradients, hessians: this.hessians, rows: this.rows, spare: this.spare } = arrays);
    ({ orderedGradients: this.orderedGradients, orderedHessians: this.orderedHessians } = arrays);
    ({ isLeft: this.isLeft, sums: this.sums, packed: this.#packed, cells: this.cells } = arrays);
    this.kernel = kernelOn(memory);
    features.forEach(({ bins }, feature) => this.#pack(feature, bins));
  }

  #pack(feature: number, bins: Uint8Array): void {
    const group = this.#packed.subarray(Math.floor(feature / perGroup) * this.rowCount);
    const shift = 8 * (feature % perGroup);
    for (let row = 0; row < this.rowCount; row++) group[row]! |= bins[row]! << shift;
  }

  /** Address of the four features' bins with this one as the first. */
  groupAddress(feature: number): number {
    return this.#packed.byteOffset + (4 * this.rowCount * feature) / perGroup;
  }

  /** Address of the byte with the bin of row 0; those of the others follow, each four bytes on. */
  binsAddress(feature: number): number {
    const byte = feature % perGroup;
    return this.groupAddress(feature - byte) + byte;
  }

  /** Address of a feature's first cell. Features that are not there share one cell. */
  cellAddress(slot: number, feature: number): number {
    const cell = this.cellOf[Math.min(feature, this.cellOf.length - 1)]!;
    return this.cells.byteOffset + 8 * (slot * this.slotLength + cell * this.cellLength);
  }

  /** Address of a place in {@link rows}. */
  rowsAddress(from: number): number {
    return this.rows.byteOffset + 4 * from;
  }
}
