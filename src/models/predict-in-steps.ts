import type { Table } from '../data/table.js';
import { type Watch, inSteps } from '../util/in-steps.js';
import { type AnyModel, isSynchronous } from './async-model.js';

/** Rows predicted in one step: about a millisecond with a hundred trees. */
const stepLength = 512;

/**
 * The predictions of `predictBatch`, to the bit, letting others have the event loop every few milliseconds.
 *
 * @throws MLOpsError `ABORTED`
 */
export async function predictInSteps(model: AnyModel, table: Table, watch: Watch = {}): Promise<Float64Array> {
  if (!isSynchronous(model)) return model.predictBatch(table);
  const names = model.features.map(({ name }) => name).filter((name) => table.columns.has(name));
  const needed = table.select(names);
  return inSteps(
    (function* () {
      const out = new Float64Array(table.rowCount);
      for (let from = 0; from < out.length; from += stepLength) {
        out.set(model.predictBatch(needed.slice(from, from + stepLength)), from);
        yield from / out.length;
      }
      return out;
    })(),
    watch,
  );
}
