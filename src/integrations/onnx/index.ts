export { onnxLoader } from './onnx-loader.js';
export type { OnnxLoaderOptions } from './onnx-loader.js';
export { readOnnx } from '../../models/onnx/read-onnx.js';
export type { ExternalData, OnnxSignature, OnnxValue } from '../../models/onnx/onnx-signature.js';
export type { ModelLoader } from '../../models/async-model.js';
