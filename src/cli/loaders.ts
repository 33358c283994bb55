import type { ModelLoader } from '../models/async-model.js';

/** Readers of the formats that the core does not read; their runtimes are loaded when a model needs them. */
export async function modelLoaders(): Promise<readonly ModelLoader[]> {
  const { onnxLoader } = await import('../integrations/onnx/index.js');
  return [onnxLoader()];
}
