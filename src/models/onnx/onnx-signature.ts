/** Element types by their number in the format; those of neural accelerators are left out. */
export const elementTypes = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
} as const satisfies Readonly<Record<number, string>> as Readonly<Record<number, ElementType>>;

type ElementType = `${'float' | 'int' | 'uint'}${16 | 32 | 64}` | 'int8' | 'uint8' | 'string' | 'bool';

/** An input or output of a model. */
export interface OnnxValue {
  readonly name: string;
  /** Type of the elements of a tensor; `sequence` and `map` are no tensors. */
  readonly type: ElementType | 'sequence' | 'map' | 'unknown';
  /** Lengths; a name (or an empty text) where one may vary. Null when the model does not say. */
  readonly shape: readonly (number | string)[] | null;
}

/** Weights that lie in another file. */
export interface ExternalData {
  readonly tensor: string;
  /** Path, relative to the model's own file. */
  readonly location: string;
  /** Bytes. */
  readonly offset: number;
  /** Bytes; null for all to the end of the file. */
  readonly length: number | null;
}

/** What an ONNX model says of itself. */
export interface OnnxSignature {
  /** Version of the format. */
  readonly irVersion: number;
  /** The program that wrote it. */
  readonly producer: string;
  /** Versions of the operators it is written for, by domain: `{ 'ai.onnx': 17 }`. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Domains of the operators it uses. */
  readonly domains: readonly string[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly externalData: readonly ExternalData[];
}
