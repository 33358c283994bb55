import { MLOpsError } from '../../src/errors.js';
import { serveTasks } from '../../src/util/serve-tasks.js';
import type { TaskFunction } from '../../src/util/worker-task.js';

const double: TaskFunction<Float64Array, Float64Array> = (values, report) => {
  report.progress(0.5, 'doubling');
  const doubled = values.map((value) => 2 * value);
  report.transfer(doubled.buffer);
  return doubled;
};

const refuse: TaskFunction<string, never> = (message) => {
  throw new MLOpsError('INVALID_INPUT', message);
};

const crash: TaskFunction<null, never> = () => process.exit(3);

const spin: TaskFunction<null, never> = () => {
  for (;;);
};

serveTasks({
  double: async () => double,
  refuse: async () => refuse,
  crash: async () => crash,
  spin: async () => spin,
});
