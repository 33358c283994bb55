import type { Command } from 'commander';
import { type CommandTools, example, modelOption, parseCount, userOption, versionOption } from './tools.js';

/** Adds `register`, `promote`, `rollback`, `list` and `lineage`. */
export function addRegistryCommands(program: Command, { action }: CommandTools): void {
  program
    .command('register')
    .description('copy a model into the registry, in Development')
    .addOption(modelOption())
    .option('--version <version>', 'semantic version (default: the next one)')
    .requiredOption('--path <path>', 'file, or folder with model.json, metadata.json and profile.json')
    .option('--type <type>', "section under models in the policy (default: the model's name)")
    .addOption(userOption())
    .addHelpText('after', example('bondx-mlops register --model spread --path ./models/spread_v1'))
    .action(action(async () => (await import('../commands/registry.js')).register));

  program
    .command('promote')
    .description('move a version to a stage; production needs every gate')
    .addOption(modelOption())
    .addOption(versionOption())
    .requiredOption('--stage <stage>', 'development, staging, production or archived')
    .option('--reason <text>', 'why, for the history')
    .addOption(userOption())
    .addHelpText('after', example('bondx-mlops promote --model spread --version 1.0.0 --stage staging --user admin'))
    .action(action(async () => (await import('../commands/registry.js')).promote));

  program
    .command('rollback')
    .description('put a former production version back')
    .addOption(modelOption())
    .option('--version <version>', 'which (default: the one before)')
    .option('--reason <text>', 'why, for the history')
    .addOption(userOption())
    .addHelpText('after', example('bondx-mlops rollback --model spread --reason "wrong spreads on agencies"'))
    .action(action(async () => (await import('../commands/registry.js')).rollback));

  program
    .command('list')
    .description('list model versions, deployments or runs')
    .option('--models', 'model versions')
    .option('--deployments', 'canary deployments')
    .option('--runs', 'training runs')
    .option('--stage <stage>', 'only versions in this stage')
    .option('--model <name>', 'only this model')
    .option('--limit <count>', 'at most this many, the newest (default: 100)', parseCount)
    .addHelpText('after', example('bondx-mlops list --models --stage production'))
    .action(action(async () => (await import('../commands/list.js')).list));

  program
    .command('lineage')
    .description('what led to a version, a run, a report or a data set, and what came of it')
    .option('--model <name>', 'name of the model')
    .option('--version <version>', 'version of the model (default: the one in production)')
    .option('--run <id>', 'a run instead')
    .option('--report <id>', 'a drift report instead')
    .option('--data <digest>', 'a data set instead')
    .option('--depth <count>', 'at most so many steps away (default: all)', parseCount)
    .addHelpText('after', example('bondx-mlops lineage --model spread'))
    .action(action(async () => (await import('../commands/lineage.js')).lineage));
}
