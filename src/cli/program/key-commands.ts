import type { Command } from 'commander';
import { keyPurposes } from '../../keys/key.js';
import { type CommandTools, example } from './tools.js';

/** Adds `keys list|create|rotate|revoke` and `signature export`. */
export function addKeyCommands(program: Command, { action }: CommandTools): void {
  const keys = program.command('keys').description('the keys that sign, encrypt and make pseudonyms');
  keys
    .command('list')
    .description('what there is; never the keys themselves')
    .addHelpText('after', example('bondx-mlops keys list'))
    .action(action(async () => (await import('../commands/keys.js')).list));
  keys
    .command('create')
    .description('make the key file of a new store, where the policy says that it is')
    .addHelpText('after', example('bondx-mlops keys create'))
    .action(action(async () => (await import('../commands/keys.js')).create));
  keys
    .command('rotate')
    .description('make a new key for a purpose; the one before still verifies and decrypts')
    .requiredOption('--purpose <purpose>', keyPurposes.join(', '))
    .addHelpText('after', example('bondx-mlops keys rotate --purpose artifact_encryption'))
    .action(action(async () => (await import('../commands/keys.js')).rotate));
  keys
    .command('revoke')
    .description('stop believing and decrypting what a key made')
    .requiredOption('--key <id>', 'which; not the active one of its purpose')
    .requiredOption('--reason <text>', 'why, for the record')
    .addHelpText('after', example('bondx-mlops keys revoke --key 5d4140f2a1b0c9d8 --reason "laptop stolen"'))
    .action(action(async () => (await import('../commands/keys.js')).revoke));

  program
    .command('signature')
    .description('signatures of model files')
    .command('export')
    .description('the signature of a version in the format of OpenSSF Model Signing')
    .requiredOption('--model <name>', 'name of the model')
    .requiredOption('--version <version>', 'version of the model')
    .option('--out <file>', 'write it there, and the public key beside it (.pub)')
    .addHelpText('after', example('bondx-mlops signature export --model spread --version 1.0.0 --out model.sig'))
    .action(action(async () => (await import('../commands/keys.js')).exportSignature));
}
