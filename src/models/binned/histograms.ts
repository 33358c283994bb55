import type { BoostingMemory } from './boosting-memory.js';

/** Makes histograms, in slots that are used again for every tree. */
export class Histograms {
  /** Bytes from the start of a cell to its count. */
  readonly countAt: number;

  constructor(private readonly memory: BoostingMemory) {
    this.countAt = memory.hasHessians ? 16 : 8;
  }

  /** Sums over all rows in a bin of a feature. */
  gradient(slot: number, feature: number, bin: number): number {
    return this.#cell(slot, feature, bin, 0);
  }

  hessian(slot: number, feature: number, bin: number): number {
    return this.#cell(slot, feature, bin, 1);
  }

  count(slot: number, feature: number, bin: number): number {
    return this.#cell(slot, feature, bin, this.countAt / 8);
  }

  #cell(slot: number, feature: number, bin: number, at: number): number {
    const { cells, slotLength, cellOf, cellLength } = this.memory;
    return cells[slot * slotLength + (cellOf[feature]! + bin) * cellLength + at]!;
  }

  /** Fills a slot from `rows[from..to)`. @param used features to look at, in rising order */
  build(slot: number, from: number, to: number, used: Int32Array): void {
    const { memory } = this;
    const { kernel, slotLength } = memory;
    memory.cells.fill(0, slot * slotLength, (slot + 1) * slotLength);
    const count = to - from;
    const gradients = this.#inOrder(memory.gradients, memory.orderedGradients, from, count);
    const hessians = memory.hasHessians
      ? this.#inOrder(memory.hessians, memory.orderedHessians, from, count)
      : undefined;
    const rows = memory.rowsAddress(from);
    for (let i = 0; i < used.length;) {
      const first = used[i]! & ~3;
      while (i < used.length && used[i]! < first + 4) i++;
      const packed = memory.groupAddress(first);
      const a = memory.cellAddress(slot, first);
      const b = memory.cellAddress(slot, first + 1);
      const c = memory.cellAddress(slot, first + 2);
      const d = memory.cellAddress(slot, first + 3);
      if (hessians === undefined) kernel.addRows(packed, rows, count, gradients, a, b, c, d);
      else kernel.addRowsWithHessians(packed, rows, count, gradients, hessians, a, b, c, d);
    }
  }

  /** Address of the values of `rows[from..from + count)`; all rows are in order as they are. */
  #inOrder(values: Float64Array, out: Float64Array, from: number, count: number): number {
    const { memory } = this;
    if (count === memory.rowCount) return values.byteOffset;
    memory.kernel.gather(values.byteOffset, memory.rowsAddress(from), count, out.byteOffset);
    return out.byteOffset;
  }

  /** Turns the histogram of a parent into that of one child by taking away the other's. */
  subtract(slot: number, other: number): void {
    const { kernel, slotLength } = this.memory;
    kernel.subtract(this.memory.cellAddress(slot, 0), this.memory.cellAddress(other, 0), slotLength);
  }
}
