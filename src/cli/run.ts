import { Command, CommanderError } from 'commander';
import { MLOpsError } from '../errors.js';
import { exitCode } from './exit-code.js';
import { inCommands } from './in-commands.js';
import { packageVersion } from './package-version.js';
import { paintError } from './paint.js';
import { printable } from './printable.js';
import { addAccessCommands } from './program/access-commands.js';
import { addApprovalCommands } from './program/approval-commands.js';
import { addAuditCommands } from './program/audit-commands.js';
import { addCanaryCommands } from './program/canary-commands.js';
import { addComplianceCommands } from './program/compliance-commands.js';
import { addKeyCommands } from './program/key-commands.js';
import { addMonitoringCommands } from './program/monitoring-commands.js';
import { addModelCommands } from './program/model-commands.js';
import { addPrivacyCommands } from './program/privacy-commands.js';
import { addRegistryCommands } from './program/registry-commands.js';
import { addReportCommands } from './program/report-commands.js';
import { addRunsCommands } from './program/runs-commands.js';
import { addStartCommands } from './program/start-commands.js';
import { addStoreCommands } from './program/store-commands.js';
import { addUiCommand } from './program/ui-command.js';
import type { Action, CommandTools } from './program/tools.js';
import type { GlobalOptions } from './session.js';
import { isError } from '../util/is-error.js';

/** The groups of commands, in the order in which help lists them. */
const groups = [
  addStartCommands,
  addModelCommands,
  addRegistryCommands,
  addApprovalCommands,
  addCanaryCommands,
  addRunsCommands,
  addReportCommands,
  addAuditCommands,
  addMonitoringCommands,
  addAccessCommands,
  addComplianceCommands,
  addStoreCommands,
  addKeyCommands,
  addPrivacyCommands,
  addUiCommand,
];

/** Parses a command line, does what it says and returns the exit code; errors are printed as one message. */
export async function run(args: readonly string[]): Promise<number> {
  // Not an option of commander: commands have a --version of a model.
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${packageVersion()}\n`);
    return exitCode.ok;
  }
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  // From whoever sits there, from schedulers, and when the connection is gone. A second one ends the process at once.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, interrupt);
  const outcome: { code: number; command?: Command } = { code: exitCode.ok };
  const program = buildProgram(
    interruption.signal,
    (code) => (outcome.code = code),
    (command) => (outcome.command = command),
  );
  try {
    await program.parseAsync([...args], { from: 'user' });
    return outcome.code;
  } catch (error) {
    return report(error, outcome.command, args.includes('--debug'), !args.includes('--no-color'));
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}

function report(error: unknown, command: Command | undefined, isDebug: boolean, isColored: boolean): number {
  // commander has printed its own message already
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  const isExpected = error instanceof MLOpsError || isAboutFile(error);
  const isOurs = error instanceof MLOpsError && error.code !== 'POLICY_INVALID';
  const message = printable(isOurs ? inCommands(error.message, command) : messageOf(error));
  process.stderr.write(`${paintError('error:', isColored)} ${message}\n`);
  if (isDebug && isError(error)) process.stderr.write(`${printable(String(error.stack))}\n`);
  else if (!isExpected) process.stderr.write('this is a defect; run again with --debug to see where it happened\n');
  if (!(error instanceof MLOpsError)) return exitCode.failed;
  if (error.code === 'ABORTED') return exitCode.interrupted;
  return error.code === 'INVALID_INPUT' || error.code === 'POLICY_INVALID' ? exitCode.usage : exitCode.failed;
}

/** A file that was named and cannot be opened, written or replaced: the message of the system names it and says why. */
const isAboutFile = (error: unknown): boolean =>
  isError(error) && 'syscall' in error && ('path' in error || isFolder(error) || isLostFolder(error));

/** A folder can be opened as a file, and then not be read. */
const isFolder = (error: Error): boolean => 'code' in error && error.code === 'EISDIR';

/** The working directory was removed: there is nothing that relative paths could start from. */
const isLostFolder = (error: Error): boolean => 'syscall' in error && error.syscall === 'uv_cwd';

function messageOf(error: unknown): string {
  if (!isError(error)) return String(error);
  if (isLostFolder(error)) return 'the folder that you are in was removed; change to one that is there';
  const hasTooMany = 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');
  if (hasTooMany) return `${error.message}; raise the limit of open files, such as by ulimit -n 1024`;
  return isFolder(error) && !('path' in error) ? 'one of the files that were named is a folder' : error.message;
}

/** Every command with its options and help; nothing is done until it parses. */
export function buildProgram(
  signal: AbortSignal,
  setCode: (code: number) => void,
  begin: (command: Command) => void = () => undefined,
): Command {
  const program = new Command('bondx-mlops')
    .description('Train, register, watch and roll out models, with an audit trail.')
    .option('--config <file>', 'policy file (default: policy.yaml, if there is one)')
    .option('--json', 'print one JSON document instead of text')
    .option(
      '--token <token>',
      'proves who is calling; better in the variable BONDX_TOKEN, which no list of processes shows',
    )
    .option('--quiet', 'print results only')
    .option('--debug', 'print where an error happened')
    .option('--no-color', 'no colours (there are none where the output is no terminal, nor with NO_COLOR or TERM=dumb)')
    .addHelpText('after', helpAfter)
    .showHelpAfterError('(bondx-mlops --help shows what there is)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();

  const perform: CommandTools['perform'] = async (command, work, isAlone) => {
    begin(command);
    const { openSession } = await import('./session.js'); // the policy's schema takes a while to load; help does without
    const session = await openSession(command.optsWithGlobals<GlobalOptions>(), signal, isAlone);
    assertNotInterrupted(signal);
    setCode(await work(session));
  };
  const action: CommandTools['action'] =
    <O>(load: () => Promise<Action<O>>) =>
    async (_options: unknown, command: Command) =>
      perform(command, async (session) => {
        const act = await load();
        assertNotInterrupted(signal);
        return act(session, command.optsWithGlobals<O & GlobalOptions>());
      });
  for (const addCommands of groups) addCommands(program, { action, perform });
  return program;
}

/** Much is over within a moment and looks at no signal: whoever thought better of it meanwhile is to be heeded before it begins. */
function assertNotInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new MLOpsError('ABORTED', 'interrupted before anything was done');
}

const helpAfter = `
The version of the program: bondx-mlops --version

Exit codes:
  0    done
  1    failed, as over what is not there
  2    the command line or the policy is wrong
  3    drift found, a gate or run refused, the audit trail is damaged, or a backup lacks files
  130  interrupted

Example:
  $ bondx-mlops drift-check --model spread --baseline baseline.csv --current current.csv`;
