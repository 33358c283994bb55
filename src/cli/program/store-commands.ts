import type { Command } from 'commander';
import { type CommandTools, example } from './tools.js';

/** Adds `backup`, `restore`, `storage migrate|gc|rewrap` and `retention apply`. */
export function addStoreCommands(program: Command, { action }: CommandTools): void {
  program
    .command('backup')
    .description(
      'copy the store to backup.backup_path while it is in use; exit code 3 when it lacks files that it names',
    )
    .option('--if-due', 'only when backup.backup_frequency asks for one; for cron')
    .option('--status', 'make none, say how they stand; exit code 3 when the recovery point objective is not met')
    .addHelpText('after', example('bondx-mlops backup --if-due'))
    .action(action(async () => (await import('../commands/backup.js')).backup));
  program
    .command('restore')
    .description('put a backup where the policy says that the store is; refuses when there is one')
    .option('--from <folder>', 'the backup (default: the newest under backup.backup_path)')
    .addHelpText('after', example('bondx-mlops restore --from backups/20260101T000000000Z-0a1b2c3d'))
    .action(action(async () => (await import('../commands/backup.js')).restore));

  const store = program.command('storage').description('move what is stored, and remove what nobody needs');
  store
    .command('migrate')
    .description('copy a store into another, empty one, and verify the copy; run again to go on after an interruption')
    .option('--from <policy>', 'policy file of the store to copy (default: the one in force)')
    .requiredOption('--to <policy>', 'policy file whose storage section says where it goes')
    .addHelpText('after', example('bondx-mlops storage migrate --from policy.yaml --to policy.new.yaml'))
    .action(action(async () => (await import('../commands/storage.js')).migrate));
  const dryRun = ['--dry-run', 'remove nothing, say what would be removed'] as const;
  store
    .command('gc')
    .description('remove artifacts that nothing refers to, once retention.unreferenced_artifacts_hours old')
    .option(...dryRun)
    .addHelpText('after', example('bondx-mlops storage gc --dry-run --json'))
    .action(action(async () => (await import('../commands/retention.js')).gc));
  store
    .command('rewrap')
    .description('wrap the data keys of encrypted files with the key that is active now; exit code 3 when some cannot')
    .addHelpText('after', example('bondx-mlops storage rewrap'))
    .action(action(async () => (await import('../commands/keys.js')).rewrap));
  program
    .command('retention')
    .description('what is kept, and for how long')
    .command('apply')
    .description('remove for good what the retention section of the policy no longer asks to keep')
    .option(...dryRun)
    .addHelpText('after', example('bondx-mlops retention apply --dry-run'))
    .action(action(async () => (await import('../commands/retention.js')).apply));
}
