import type { Command } from 'commander';
import {
  type CommandTools,
  example,
  modelOption,
  parseCount,
  parseNames,
  parsePositive,
  versionOption,
} from './tools.js';

/** Adds `train`, `evaluate`, `drift-check` and `retrain`. */
export function addModelCommands(program: Command, { action }: CommandTools): void {
  program
    .command('train')
    .description('train a model on a CSV file, into a folder under model_storage_path')
    .addOption(modelOption())
    .requiredOption('--data <csv>', 'training data')
    .option('--type <type>', "section under models in the policy (default: the model's name)")
    .option('--algorithm <name>', 'how (default: what the policy says)')
    .addHelpText('after', example('bondx-mlops train --model spread --data data.csv --algorithm cart'))
    .action(action(async () => (await import('../commands/train.js')).train));

  program
    .command('evaluate')
    .description('score a version on a CSV file with known outcomes')
    .addOption(modelOption())
    .addOption(versionOption())
    .requiredOption('--test-data <csv>', 'rows with the target column')
    .addHelpText('after', example('bondx-mlops evaluate --model spread --version 1.0.0 --test-data test.csv'))
    .action(action(async () => (await import('../commands/evaluate.js')).evaluate));

  program
    .command('drift-check')
    .description('compare current data with a baseline; exit code 3 when they drifted apart')
    .addOption(modelOption())
    .option('--version <version>', 'version watched (default: the one in production, if any)')
    .option('--baseline <csv>', "what the model knows (default: the version's registered profile)")
    .requiredOption('--current <csv>', 'what it meets now')
    .option('--type <type>', "section under models in the policy (default: the model's name)")
    .option('--tests <names>', 'report these tests too, with commas: cramer_von_mises,energy_distance,…', parseNames)
    .option('--windows <column>', 'judge each window of time by the dates in this column, from where it stands')
    .option('--window-days <days>', "a window's length (default: drift.drift_window_days)", parsePositive)
    .option('--window-rows <count>', 'instead: windows of at least so many rows', parseCount)
    .option('--sequence <name>', 'what the windows belong to (default: the version, or "default")')
    .option('--from <time>', 'where a new sequence begins (default: the first row)')
    .option('--until <time>', 'the file is complete up to here, exclusive (default: its last row)')
    .addHelpText(
      'after',
      example(
        'bondx-mlops drift-check --model spread --baseline baseline.csv --current current.csv\n' +
          '  $ bondx-mlops drift-check --model spread --baseline baseline.csv --current 2012.csv --windows date',
      ),
    )
    .action(action(async () => (await import('../commands/drift-check.js')).driftCheck));

  program
    .command('retrain')
    .description('train a challenger and register it when it is proved better; exit code 3 when it is rejected')
    .option('--model <name>', 'name of the model')
    .option('--data <csv>', 'training data, the newest rows included')
    .option('--type <type>', "section under models in the policy (default: the model's name)")
    .option('--report <id>', 'the drift report that asks for it (default: by hand)')
    .option('--due', 'only when a report or the calendar asks for it; for cron')
    .option('--algorithm <name>', 'how (default: what the policy says)')
    .option('--key <text>', 'two calls with one key are one retraining')
    .option('--resume <id>', 'go on with a retraining that was interrupted')
    .addHelpText('after', example('bondx-mlops retrain --model spread --data data.csv'))
    .action(action(async () => (await import('../commands/retrain.js')).retrain));
}
