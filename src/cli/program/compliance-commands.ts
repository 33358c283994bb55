import type { Command } from 'commander';
import { type CommandTools, example, modelOption, versionOption } from './tools.js';

interface VerifyOptions {
  readonly keyFingerprint?: string;
  readonly checkpointKeyFingerprint?: readonly string[];
}

/** Adds `compliance assess|inventory`, `findings …` and `evidence export|verify`. */
export function addComplianceCommands(program: Command, { action, perform }: CommandTools): void {
  const compliance = program
    .command('compliance')
    .description('what supervisors ask for, as far as it can be computed');
  compliance
    .command('assess')
    .description('make every check that the policy asks for; exit code 3 when one is not met or not assessed')
    .addOption(modelOption())
    .addOption(versionOption())
    .option('--inputs <json>', 'file with what came of the estimates: defaults by grade, losses, exceptions, …')
    .addHelpText('after', example('bondx-mlops compliance assess --model pd --version 1.0.0 --inputs outcomes.json'))
    .action(action(async () => (await import('../commands/compliance.js')).assess));
  compliance
    .command('inventory')
    .description('models with tier, owner, last validation and next review; exit code 3 when one is overdue or missing')
    .option('--csv', 'as CSV, safe to open in a spreadsheet')
    .addHelpText('after', example('bondx-mlops compliance inventory --csv'))
    .action(action(async () => (await import('../commands/compliance.js')).inventory));

  const findings = program.command('findings').description('weaknesses of models, with dates by which to mend them');
  findings
    .command('list')
    .description('findings, oldest first; exit code 3 when one is past its date')
    .option('--model <name>', 'only this model')
    .option('--open', 'only those that are open')
    .addHelpText('after', example('bondx-mlops findings list --open'))
    .action(action(async () => (await import('../commands/findings.js')).list));
  findings
    .command('raise')
    .description('record a weakness')
    .addOption(modelOption())
    .requiredOption('--severity <severity>', 'high, medium or low; a high one past its date stops promotions')
    .requiredOption('--title <text>', 'what is wrong')
    .requiredOption('--due <date>', 'by when it is to be mended')
    .addHelpText(
      'after',
      example('bondx-mlops findings raise --model pd --severity high --title "no backtest" --due 2027-01-31'),
    )
    .action(action(async () => (await import('../commands/findings.js')).raise));
  findings
    .command('close')
    .description('say that a weakness is mended; not for developers of the model')
    .requiredOption('--finding <id>', 'which')
    .requiredOption('--comment <text>', 'how')
    .option('--accept-risk', 'it is not mended, and stays')
    .addHelpText(
      'after',
      example('bondx-mlops findings close --finding 0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e --comment "backtest made"'),
    )
    .action(action(async () => (await import('../commands/findings.js')).close));

  const evidence = program.command('evidence').description('all that is known of a version, in one signed archive');
  evidence
    .command('export')
    .description('write an evidence pack')
    .addOption(modelOption())
    .addOption(versionOption())
    .requiredOption('--to <file>', 'the archive; must not be there yet')
    .addHelpText('after', example('bondx-mlops evidence export --model pd --version 1.0.0 --to pd-1.0.0.tar'))
    .action(action(async () => (await import('../commands/evidence.js')).exportPack));
  evidence
    .command('verify <file>')
    .description('verify an evidence pack, which needs neither store nor policy; exit code 3 when it is not sound')
    .option('--key-fingerprint <digest>', 'fingerprint of the key that it must be signed with')
    .option(
      '--checkpoint-key-fingerprint <digest...>',
      'fingerprints of keys, one of which its checkpoint must be signed with',
    )
    .addHelpText('after', example('bondx-mlops evidence verify pd-1.0.0.tar'))
    .action(async (file: string, options: VerifyOptions, command: Command): Promise<void> => {
      const { verifyPack } = await import('../commands/evidence.js');
      await perform(command, (session) => verifyPack(session, file, options), true);
    });
}
