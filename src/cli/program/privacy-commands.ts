import type { Command } from 'commander';
import { type CommandTools, example } from './tools.js';

/** Adds `privacy erase|hold|release`. */
export function addPrivacyCommands(program: Command, { action }: CommandTools): void {
  const privacy = program.command('privacy').description('what is stored about single subjects');
  const about = (name: string, does: string): Command =>
    privacy
      .command(name)
      .description(does)
      .requiredOption('--subject <id>', 'as it was passed with the predictions')
      .requiredOption('--reason <text>', 'why, for the record; name nobody in it');
  about('erase', 'destroy the key of a subject: nothing stored under it can be read again')
    .addHelpText('after', example('bondx-mlops privacy erase --subject client-4711 --reason "request 2026-17"'))
    .action(action(async () => (await import('../commands/privacy.js')).erase));
  about('hold', 'keep a subject from being erased')
    .addHelpText('after', example('bondx-mlops privacy hold --subject client-4711 --reason "court order 8/26"'))
    .action(action(async () => (await import('../commands/privacy.js')).hold));
  about('release', 'end the hold of a subject')
    .addHelpText('after', example('bondx-mlops privacy release --subject client-4711 --reason "case closed"'))
    .action(action(async () => (await import('../commands/privacy.js')).release));
}
