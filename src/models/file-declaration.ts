import type { OnnxSignature } from './onnx/onnx-signature.js';

/** What a model's file says of itself, by the name of its format. */
export interface FileDeclaration extends OnnxSignature {
  readonly format: 'onnx';
}
