import { refuse } from '../../util/check.js';

type ArrayType = Float64ArrayConstructor | Int32ArrayConstructor | Uint8ArrayConstructor;

type Plan = Readonly<Record<string, readonly [type: ArrayType, length: number]>>;

type Arrays<P extends Plan> = { readonly [Name in keyof P]: InstanceType<P[Name][0]> };

const pageBytes = 65_536;
const mostBytes = 2 ** 32 - pageBytes;
/** Vectors are read fastest when they do not cross lines. */
const alignment = 64;

/**
 * Arrays one after the other in a memory that WebAssembly can work on, all zero.
 *
 * @throws MLOpsError `INVALID_INPUT` when they do not fit 4 GB
 */
export function layOut<P extends Plan>(plan: P): { readonly memory: WebAssembly.Memory; readonly arrays: Arrays<P> } {
  let bytes = 0;
  const places = Object.entries(plan).map(([name, [type, length]]) => {
    const at = bytes;
    bytes += Math.ceil((length * type.BYTES_PER_ELEMENT) / alignment) * alignment;
    return { name, type, length, at };
  });
  if (bytes > mostBytes) {
    refuse(
      `training would need ${(bytes / 2 ** 30).toFixed(1)} GB at once, and 4 GB are the most: take fewer rows, features or max_leaf_nodes`,
    );
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
  const arrays = Object.fromEntries(
    places.map(({ name, type, length, at }) => [name, new type(memory.buffer, at, length)]),
  );
  return { memory, arrays: arrays as Arrays<P> };
}
