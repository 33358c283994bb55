import { Argument, type Command } from 'commander';
import type { InitOptions } from '../commands/init.js';
import type { Shell } from '../completion.js';
import type { GlobalOptions } from '../session.js';
import { type CommandTools, example } from './tools.js';

/** Adds `init`, `show` and `completion`. */
export function addStartCommands(program: Command, { action, perform }: CommandTools): void {
  program
    .command('init')
    .description('write a commented policy to begin with')
    .argument('[file]', 'where to (default: what --config says, else policy.yaml)')
    .option('--data <csv>', 'a file whose columns the model is to learn from')
    .option('--target <column>', 'the column of it that the model is to predict')
    .option('--model <name>', 'name of the model (default: spread)')
    .addHelpText('after', example('bondx-mlops init --data data.csv --target spread_bps'))
    .action(async (file: string | undefined, options: InitOptions, command: Command) => {
      const path = file ?? command.optsWithGlobals<GlobalOptions>().config ?? 'policy.yaml';
      await perform(
        command,
        async (session) => (await import('../commands/init.js')).init(session, path, options),
        true,
      );
    });

  program
    .command('show')
    .description('everything that is recorded of a model version, or of a drift report')
    .option('--model <name>', 'name of the model')
    .option('--version <version>', 'version of the model (default: the one in production, else the newest)')
    .option('--report <id>', 'a drift report instead')
    .addHelpText('after', example('bondx-mlops show --model spread'))
    .action(action(async () => (await import('../commands/show.js')).show));

  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', example('bondx-mlops completion bash >> ~/.bashrc'))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('../completion.js');
      process.stdout.write(completionScript(program, shell));
    });
}
