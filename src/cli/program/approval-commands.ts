import type { Command } from 'commander';
import { type CommandTools, example, modelOption, versionOption } from './tools.js';

/** Adds `approvals request|approve|reject|withdraw|execute|list`. */
export function addApprovalCommands(program: Command, { action }: CommandTools): void {
  const approvals = program
    .command('approvals')
    .description('promotions that more than one person decides on; the operating-system user is who decides');
  approvals
    .command('request')
    .description('ask for a version to be promoted')
    .addOption(modelOption())
    .addOption(versionOption())
    .requiredOption('--reason <text>', 'why it should serve')
    .option('--override <gate=reason...>', 'a gate to go past although it does not pass, and why')
    .addHelpText(
      'after',
      example('bondx-mlops approvals request --model spread --version 1.1.0 --reason "lower error"'),
    )
    .action(action(async () => (await import('../commands/approvals.js')).request));
  const decisions = {
    approve: 'say yes; not for whoever asked for it, registered or trained the version',
    reject: 'say no, which ends the request',
    withdraw: 'take a request back',
    execute: 'promote what was approved; exit code 3 when something stands in the way',
  } as const;
  for (const [name, description] of Object.entries(decisions)) {
    const command = approvals.command(name).description(description).requiredOption('--request <id>', 'the request');
    if (name === 'approve' || name === 'reject') command.option('--comment <text>', 'why, for the record');
    command
      .addHelpText('after', example(`bondx-mlops approvals ${name} --request 0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e`))
      .action(action(async () => (await import('../commands/approvals.js'))[name as keyof typeof decisions]));
  }
  approvals
    .command('list')
    .description('requests, newest first')
    .option('--model <name>', 'only this model')
    .option('--open', 'only those that have not ended')
    .addHelpText('after', example('bondx-mlops approvals list --open'))
    .action(action(async () => (await import('../commands/approvals.js')).list));
}
