import { serveTasks } from './util/serve-tasks.js';

/** Everything that runs in worker threads: a composition root beside the command line. */
serveTasks({
  'models.train': async () => (await import('./models/train-task.js')).trainHere,
  'retraining.checkData': async () => (await import('./retraining/checks/check-task.js')).checkHere,
  'drift.energyTest': async () => (await import('./drift/energy-task.js')).energyInWorker,
  'drift.compareColumns': async () => (await import('./drift/compare-task.js')).compareInWorker,
});
