import type { Task } from '../../models/model.js';
import type { OnnxSignature, OnnxValue } from '../../models/onnx/onnx-signature.js';
import { refuse } from '../../util/check.js';
import { describe } from './input-plan.js';
import type { RuntimeTensor } from './runtime.js';

/** Which output is the prediction, and which of its numbers. */
export interface OutputPlan {
  readonly name: string;
  readonly task: Task;
}

/**
 * @param chosen name of the output, where the caller says it
 * @throws MLOpsError `INVALID_INPUT` when no output, or more than one, could be the prediction
 */
export function planOutput({ outputs }: OnnxSignature, task: Task, chosen: string | undefined): OutputPlan {
  const all = outputs.map(describe).join(', ');
  const candidates = outputs.filter(({ name }) => chosen === undefined || name === chosen);
  if (candidates.length === 0) refuse(`the ONNX model has no output ${JSON.stringify(chosen)}; it has ${all}`);
  const numbers = candidates.filter(({ type }) => type === 'float32' || type === 'float64');
  if (numbers.length === 0) {
    const advice = candidates.some(({ type }) => type === 'sequence' || type === 'map')
      ? "its probabilities are dictionaries: convert with options={'zipmap': False}"
      : `expected ${task === 'regression' ? 'a number' : 'probabilities'} in floating point`;
    refuse(`no output of the ONNX model is a prediction (${all}); ${advice}`);
  }
  if (numbers.length > 1) {
    refuse(`several outputs could be the prediction: ${numbers.map(describe).join(', ')}; say which with { output }`);
  }
  const [output] = numbers;
  checkWidth(output!, output!.shape?.[1], task);
  return { name: output!.name, task };
}

/** One number a row; for classification also the probabilities of both classes. */
function checkWidth(output: OnnxValue, width: number | string | undefined, task: Task): void {
  const most = task === 'classification' ? 2 : 1;
  if (typeof width !== 'number' || (width >= 1 && width <= most)) return;
  refuse(`output ${describe(output)} gives ${width} numbers a row; ${task} needs ${most === 1 ? 'one' : 'one or two'}`);
}

/** What a sum over a forest's trees in single precision may be beyond 0 and 1. */
const rounding = 1e-5;

/** The predictions in an output: of two numbers a row the second, the probability of the positive class. */
export function readOutput({ name, task }: OutputPlan, tensor: RuntimeTensor | undefined, rows: number): Float64Array {
  const width = (tensor?.data.length ?? 0) / rows;
  if (tensor === undefined || !(width === 1 || (width === 2 && task === 'classification'))) {
    refuse(`output ${name} of the ONNX model gives ${width} numbers a row instead of one`);
  }
  const predictions = Float64Array.from({ length: rows }, (_, row) => Number(tensor.data[row * width + width - 1]));
  if (task === 'classification') {
    const wrong = predictions.find((value) => value < -rounding || value > 1 + rounding);
    if (wrong !== undefined) refuse(`output ${name} of the ONNX model gives ${wrong}, which is no probability`);
    return predictions.map((value) => Math.min(1, Math.max(0, value)));
  }
  return predictions;
}
