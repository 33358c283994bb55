import type { Command } from 'commander';
import { type CommandTools, example, parseCount } from './tools.js';

/** Adds `audit verify|list`. */
export function addAuditCommands(program: Command, { action }: CommandTools): void {
  const audit = program.command('audit').description('check and read the audit trail');
  audit
    .command('verify')
    .description('check that no record was changed, removed or added; exit code 3 when one was')
    .option('--head <digest>', 'a head printed by an earlier verification and kept elsewhere')
    .addHelpText('after', example('bondx-mlops audit verify'))
    .action(action(async () => (await import('../commands/audit.js')).verify));
  audit
    .command('list')
    .description('print records, oldest first')
    .option('--actor <name>', 'only what this person or service did')
    .option('--action <action>', 'only this operation, such as registry.promote')
    .option('--limit <count>', 'at most this many (default: 100)', parseCount)
    .addHelpText('after', example('bondx-mlops audit list --action registry.promote'))
    .action(action(async () => (await import('../commands/audit.js')).listRecords));
}
