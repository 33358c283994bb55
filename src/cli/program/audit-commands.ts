import { type Command, Option } from 'commander';
import { type CommandTools, example, parseCount, parsePosition } from './tools.js';

/** Adds `audit verify|list|checkpoint|anchor|export|prove`. */
export function addAuditCommands(program: Command, { action }: CommandTools): void {
  const audit = program.command('audit').description('check and read the audit trail');
  audit
    .command('verify')
    .description('check that no record was changed, removed or added; exit code 3 when one was, or may have been')
    .option('--head <digest>', 'a head printed by an earlier verification and kept elsewhere')
    .option('--anchors <file>', 'checkpoints kept elsewhere (default: security.audit_anchor_path)')
    .option('--file <export>', 'verify a file that audit export wrote instead of the store')
    .addHelpText('after', example('bondx-mlops audit verify'))
    .action(action(async () => (await import('../commands/audit.js')).verify));
  audit
    .command('list')
    .description('print records, oldest first unless --newest')
    .option('--actor <name>', 'only what this person or service did')
    .option('--action <action>', 'only this operation, such as registry.promote')
    .option('--resource <id>', 'only what was done to this, such as the name of a model')
    .option('--since <time>', 'only from then on, such as 2026-01-31')
    .option('--until <time>', 'only before then')
    .option('--emergency <id>', 'only what was done under this emergency')
    .addOption(new Option('--decision <decision>', 'only what ended so').choices(['allow', 'deny', 'error']))
    .option('--newest', 'the last record first')
    .option('--limit <count>', 'at most this many (default: 100)', parseCount)
    .addHelpText('after', example('bondx-mlops audit list --action registry.promote --newest'))
    .action(action(async () => (await import('../commands/audit.js')).listRecords));
  audit
    .command('checkpoint')
    .description('sign what the log holds now; happens by itself every security.checkpoint_interval records')
    .addHelpText('after', example('bondx-mlops audit checkpoint'))
    .action(action(async () => (await import('../commands/audit.js')).checkpoint));
  audit
    .command('anchor')
    .description('make a checkpoint and append it to a file, which belongs elsewhere than the store')
    .requiredOption('--to <file>', 'the file')
    .addHelpText('after', example('bondx-mlops audit anchor --to ../elsewhere/anchors.jsonl'))
    .action(action(async () => (await import('../commands/audit.js')).anchor));
  audit
    .command('export')
    .description('write all records and checkpoints to a file of JSON Lines, which can be verified without the store')
    .requiredOption('--to <file>', 'the file; it must not be there yet')
    .addHelpText('after', example('bondx-mlops audit export --to audit.jsonl'))
    .action(action(async () => (await import('../commands/audit.js')).exportLog));
  audit
    .command('prove')
    .description('print a record, and the proof that it is in the log, for somebody who sees no other record')
    .requiredOption('--record <number>', 'position of the record', parsePosition)
    .addHelpText('after', example('bondx-mlops audit prove --record 17 > proof.json'))
    .action(action(async () => (await import('../commands/audit.js')).prove));
}
