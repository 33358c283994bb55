import type { Command } from 'commander';
import { type CommandTools, example, parsePositive } from './tools.js';

/** Adds `tokens create|list|revoke` and `emergency raise|list|review`. */
export function addAccessCommands(program: Command, { action }: CommandTools): void {
  const load = () => import('../commands/access.js');
  const tokens = program
    .command('tokens')
    .description('API tokens: they prove on the command line and to services who is calling');
  tokens
    .command('create')
    .description('make a token and print it, once')
    .option('--service <name>', 'for a service (default: for whoever is calling)')
    .option('--days <count>', 'how long it is valid, at most 366 (default: 90)', parsePositive)
    .option('--description <text>', 'what it is for')
    .addHelpText('after', example('bondx-mlops tokens create --service nightly --days 30'))
    .action(action(async () => (await load()).createToken));
  tokens
    .command('list')
    .description('tokens, newest first, without their secrets')
    .option('--principal <name>', 'only those of this person or service')
    .addHelpText('after', example('bondx-mlops tokens list --principal nightly'))
    .action(action(async () => (await load()).listTokens));
  tokens
    .command('revoke')
    .description('end a token at once')
    .requiredOption('--id <id>', 'the token, as list shows it')
    .option('--reason <text>', 'why, for the record')
    .addHelpText(
      'after',
      example('bondx-mlops tokens revoke --id 5f3a9c0d8e7b46121f3a9c0d8e7b4612 --reason "laptop lost"'),
    )
    .action(action(async () => (await load()).revokeToken));

  const emergency = program.command('emergency').description('what one person may do at once, and another reviews');
  emergency
    .command('raise')
    .description('have the role access.break_glass.role for a short time')
    .requiredOption('--reason <text>', 'what happened')
    .option('--minutes <count>', 'how long (default: access.break_glass.max_minutes)', parsePositive)
    .addHelpText('after', example('bondx-mlops emergency raise --reason "spreads are off by ten" --minutes 15'))
    .action(action(async () => (await load()).raise));
  emergency
    .command('list')
    .description('emergencies, newest first; exit code 3 when one is over and was not reviewed')
    .option('--unreviewed', 'only those that nobody reviewed')
    .addHelpText('after', example('bondx-mlops emergency list --unreviewed'))
    .action(action(async () => (await load()).listEmergencies));
  emergency
    .command('review')
    .description('say that an emergency was looked at; not for whoever raised it')
    .requiredOption('--id <id>', 'the emergency, as list shows it')
    .requiredOption('--comment <text>', 'what you found')
    .addHelpText(
      'after',
      example('bondx-mlops emergency review --id 0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e --comment "right so"'),
    )
    .action(action(async () => (await load()).review));
}
