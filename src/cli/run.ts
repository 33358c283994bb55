import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CanaryStep } from '../canary/rollout-steps.js';
import { MLOpsError } from '../errors.js';
import { exitCode } from './exit-code.js';
import { addRunsCommands } from './runs-commands.js';
import { type GlobalOptions, type Session, openSession } from './session.js';

/** A command's work; it returns the exit code. */
type Action<O> = (session: Session, options: O) => Promise<number>;

/** Parses a command line, does what it says and returns the exit code; errors are printed as one message. */
export async function run(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  const outcome = { code: exitCode.ok as number };
  const program = buildProgram(interruption.signal, (code) => (outcome.code = code));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return outcome.code;
  } catch (error) {
    return report(error, args.includes('--debug'));
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function report(error: unknown, isDebug: boolean): number {
  // commander has printed its own message already
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  const isExpected = error instanceof MLOpsError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${message}\n`);
  if (isDebug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  else if (!isExpected) process.stderr.write('this is a defect; run again with --debug to see where it happened\n');
  if (!isExpected) return exitCode.failed;
  if (error.code === 'ABORTED') return exitCode.interrupted;
  return error.code === 'INVALID_INPUT' || error.code === 'POLICY_INVALID' ? exitCode.usage : exitCode.failed;
}

function buildProgram(signal: AbortSignal, setCode: (code: number) => void): Command {
  const program = new Command('bondx-mlops')
    .description('Train, register, watch and roll out models, with an audit trail.')
    .option('--config <file>', 'policy file (default: policy.yaml, if there is one)')
    .option('--json', 'print one JSON document instead of text')
    .option('--quiet', 'print results only')
    .option('--debug', 'print where an error happened')
    .addHelpText('after', helpAfter)
    .showHelpAfterError('(bondx-mlops --help shows what there is)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();

  const action =
    <O>(load: () => Promise<Action<O>>) =>
    async (_options: unknown, command: Command): Promise<void> => {
      const options = command.optsWithGlobals<O & GlobalOptions>();
      const act = await load();
      setCode(await act(openSession(options, signal), options));
    };

  const model = new Option('--model <name>', 'name of the model').makeOptionMandatory();
  const version = new Option('--version <version>', 'version of the model').makeOptionMandatory();
  const user = new Option('--user <name>', 'whom to record as responsible');

  program
    .command('train')
    .description('train a model on a CSV file, into a folder under model_storage_path')
    .addOption(model)
    .requiredOption('--data <csv>', 'training data')
    .option('--type <type>', "section under models in the policy (default: the model's name)")
    .option('--algorithm <name>', 'how (default: what the policy says)')
    .addHelpText('after', example('bondx-mlops train --model spread --data data.csv --algorithm cart'))
    .action(action(async () => (await import('./commands/train.js')).train));

  program
    .command('retrain')
    .description('train a challenger and register it when it is proved better; exit code 3 when it is rejected')
    .option('--model <name>', 'name of the model')
    .option('--data <csv>', 'training data, the newest rows included')
    .option('--type <type>', "section under models in the policy (default: the model's name)")
    .option('--report <id>', 'the drift report that asks for it (default: by hand)')
    .option('--due', 'only when a report or the calendar asks for it; for cron')
    .option('--algorithm <name>', 'how (default: what the policy says)')
    .option('--key <text>', 'two calls with one key are one retraining')
    .option('--resume <id>', 'go on with a retraining that was interrupted')
    .addHelpText('after', example('bondx-mlops retrain --model spread --data data.csv'))
    .action(action(async () => (await import('./commands/retrain.js')).retrain));

  program
    .command('register')
    .description('copy a model into the registry, in Development')
    .addOption(model)
    .option('--version <version>', 'semantic version (default: the next one)')
    .requiredOption('--path <path>', 'file, or folder with model.json, metadata.json and profile.json')
    .option('--type <type>', "section under models in the policy (default: the model's name)")
    .addOption(user)
    .addHelpText('after', example('bondx-mlops register --model spread --path ./models/spread_v1'))
    .action(action(async () => (await import('./commands/registry.js')).register));

  program
    .command('evaluate')
    .description('score a version on a CSV file with known outcomes')
    .addOption(model)
    .addOption(version)
    .requiredOption('--test-data <csv>', 'rows with the target column')
    .addHelpText('after', example('bondx-mlops evaluate --model spread --version 1.0.0 --test-data test.csv'))
    .action(action(async () => (await import('./commands/evaluate.js')).evaluate));

  program
    .command('promote')
    .description('move a version to a stage; production needs every gate')
    .addOption(model)
    .addOption(version)
    .requiredOption('--stage <stage>', 'development, staging, production or archived')
    .option('--reason <text>', 'why, for the history')
    .addOption(user)
    .addHelpText('after', example('bondx-mlops promote --model spread --version 1.0.0 --stage staging --user admin'))
    .action(action(async () => (await import('./commands/registry.js')).promote));

  const approvals = program
    .command('approvals')
    .description('promotions that more than one person decides on; the operating-system user is who decides');
  approvals
    .command('request')
    .description('ask for a version to be promoted')
    .addOption(model)
    .addOption(version)
    .requiredOption('--reason <text>', 'why it should serve')
    .option('--override <gate=reason...>', 'a gate to go past although it does not pass, and why')
    .addHelpText(
      'after',
      example('bondx-mlops approvals request --model spread --version 1.1.0 --reason "lower error"'),
    )
    .action(action(async () => (await import('./commands/approvals.js')).request));
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
      .action(action(async () => (await import('./commands/approvals.js'))[name as keyof typeof decisions]));
  }
  approvals
    .command('list')
    .description('requests, newest first')
    .option('--model <name>', 'only this model')
    .option('--open', 'only those that have not ended')
    .addHelpText('after', example('bondx-mlops approvals list --open'))
    .action(action(async () => (await import('./commands/approvals.js')).list));

  program
    .command('rollback')
    .description('put a former production version back')
    .addOption(model)
    .option('--version <version>', 'which (default: the one before)')
    .option('--reason <text>', 'why, for the history')
    .addOption(user)
    .addHelpText('after', example('bondx-mlops rollback --model spread --reason "wrong spreads on agencies"'))
    .action(action(async () => (await import('./commands/registry.js')).rollback));

  program
    .command('drift-check')
    .description('compare current data with a baseline; exit code 3 when they drifted apart')
    .addOption(model)
    .option('--version <version>', 'version watched (default: the one in production, if any)')
    .option('--baseline <csv>', "what the model knows (default: the version's registered profile)")
    .requiredOption('--current <csv>', 'what it meets now')
    .option('--type <type>', "section under models in the policy (default: the model's name)")
    .addHelpText(
      'after',
      example('bondx-mlops drift-check --model spread --baseline baseline.csv --current current.csv'),
    )
    .action(action(async () => (await import('./commands/drift-check.js')).driftCheck));

  program
    .command('deploy')
    .description('begin a canary: a share of the traffic goes to a candidate')
    .addOption(model)
    .addOption(version)
    .option('--traffic <fraction>', 'share of the traffic, 0.05 being five percent', parseFraction)
    .option(
      '--step <traffic[:hours[:requests]]>',
      'a step of the rollout and what it takes at least; once for each, 0 being shadow mode',
      (text: string, before: readonly CanaryStep[] | undefined) => [...(before ?? []), parseStep(text)],
    )
    .option(
      '--shadow-sample <fraction>',
      'in shadow mode, the share of the requests both score (default: all)',
      parseFraction,
    )
    .option('--label-window <hours>', 'how long after a request its actual value may come', parseHours)
    .addOption(user)
    .addHelpText(
      'after',
      example('bondx-mlops deploy --model spread --version 1.0.1 --step 0:24:1000 --step 0.05:24 --step 0.2'),
    )
    .action(action(async () => (await import('./commands/deploy.js')).deploy));

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
    .action(action(async () => (await import('./commands/list.js')).list));

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
    .action(action(async () => (await import('./commands/lineage.js')).lineage));

  addRunsCommands(program, {
    example,
    parseCount,
    perform: async (command, work) =>
      setCode(await work(openSession(command.optsWithGlobals<GlobalOptions>(), signal))),
  });

  const canary = program.command('canary').description("watch and steer a model's latest canary");
  const canaryCommands = {
    status: 'what it does, who serves it, and the last decision',
    pause: 'let production answer everything until resume',
    resume: 'go on where pause stopped',
    promote: 'make the candidate production; exit code 3 when a gate refuses',
    rollback: 'end it: production answers everything again',
    halt: 'the kill switch: no traffic any more, in every process within a second',
  } as const;
  for (const [name, description] of Object.entries(canaryCommands)) {
    const command = canary.command(name).description(description).addOption(model);
    if (name !== 'status') command.addOption(user).option('--reason <text>', 'why, for the record');
    command
      .addHelpText('after', example(`bondx-mlops canary ${name} --model spread`))
      .action(action(async () => (await import('./commands/canary.js'))[name as keyof typeof canaryCommands]));
  }

  program
    .command('decision')
    .description('check stored canary decisions')
    .command('replay <decisionIds...>')
    .description('compute decisions again from their stored inputs; exit code 1 when a result differs')
    .addHelpText('after', example('bondx-mlops decision replay 0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e'))
    .action(async (decisionIds: string[], _options: unknown, command: Command): Promise<void> => {
      const session = openSession(command.optsWithGlobals<GlobalOptions>(), signal);
      setCode(await (await import('./commands/decision.js')).replay(session, decisionIds));
    });

  const audit = program.command('audit').description('check and read the audit trail');
  audit
    .command('verify')
    .description('check that no record was changed, removed or added; exit code 3 when one was')
    .option('--head <digest>', 'a head printed by an earlier verification and kept elsewhere')
    .addHelpText('after', example('bondx-mlops audit verify'))
    .action(action(async () => (await import('./commands/audit.js')).verify));
  audit
    .command('list')
    .description('print records, oldest first')
    .option('--actor <name>', 'only what this person or service did')
    .option('--action <action>', 'only this operation, such as registry.promote')
    .option('--limit <count>', 'at most this many (default: 100)', parseCount)
    .addHelpText('after', example('bondx-mlops audit list --action registry.promote'))
    .action(action(async () => (await import('./commands/audit.js')).listRecords));

  program
    .command('backup')
    .description(
      'copy the store to backup.backup_path while it is in use; exit code 3 when it lacks files that it names',
    )
    .option('--if-due', 'only when backup.backup_frequency asks for one; for cron')
    .option('--status', 'make none, say how they stand; exit code 3 when the recovery point objective is not met')
    .addHelpText('after', example('bondx-mlops backup --if-due'))
    .action(action(async () => (await import('./commands/backup.js')).backup));
  program
    .command('restore')
    .description('put a backup where the policy says that the store is; refuses when there is one')
    .option('--from <folder>', 'the backup (default: the newest under backup.backup_path)')
    .addHelpText('after', example('bondx-mlops restore --from backups/20260101T000000000Z-0a1b2c3d'))
    .action(action(async () => (await import('./commands/backup.js')).restore));

  const store = program.command('storage').description('move what is stored, and remove what nobody needs');
  store
    .command('migrate')
    .description('copy a store into another, empty one, and verify the copy; run again to go on after an interruption')
    .option('--from <policy>', 'policy file of the store to copy (default: the one in force)')
    .requiredOption('--to <policy>', 'policy file whose storage section says where it goes')
    .addHelpText('after', example('bondx-mlops storage migrate --from policy.yaml --to policy.postgres.yaml'))
    .action(action(async () => (await import('./commands/storage.js')).migrate));
  const dryRun = ['--dry-run', 'remove nothing, say what would be removed'] as const;
  store
    .command('gc')
    .description('remove artifacts that nothing refers to, once retention.unreferenced_artifacts_hours old')
    .option(...dryRun)
    .addHelpText('after', example('bondx-mlops storage gc --dry-run --json'))
    .action(action(async () => (await import('./commands/retention.js')).gc));
  program
    .command('retention')
    .description('what is kept, and for how long')
    .command('apply')
    .description('remove for good what the retention section of the policy no longer asks to keep')
    .option(...dryRun)
    .addHelpText('after', example('bondx-mlops retention apply --dry-run'))
    .action(action(async () => (await import('./commands/retention.js')).apply));

  return program;
}

const example = (line: string): string => `\nExample:\n  $ ${line}`;

const helpAfter = `
Exit codes:
  0  done
  1  failed
  2  the command line or the policy is wrong
  3  drift found, a gate or run refused, the audit trail is damaged, or a backup lacks files

Example:
  $ bondx-mlops drift-check --model spread --baseline 2011.csv --current 2012.csv`;

function parseFraction(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('expected a fraction from 0 to 1, such as 0.1 for ten percent');
  }
  return value;
}

/** A step as `--step` has it: 0.05:24:1000 is five percent for at least 24 hours and 1,000 requests. */
function parseStep(text: string): CanaryStep {
  const [traffic, hours = '0', requests = '0', ...rest] = text.split(':');
  if (rest.length > 0) throw new InvalidArgumentError('expected traffic[:hours[:requests]], such as 0.05:24:1000');
  return { traffic: parseFraction(traffic!), hours: parseHours(hours), requests: Number(requests) };
}

function parseHours(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('expected a number of hours from 0');
  return value;
}

function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return value;
}
