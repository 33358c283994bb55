import { DataProtection } from '../../governance/privacy/data-protection.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

export interface SubjectCommandOptions {
  readonly subject: string;
  readonly reason: string;
}

export async function erase({ config, output, who }: Session, options: SubjectCommandOptions): Promise<number> {
  await using protection = new DataProtection(config, who);
  const erased = await protection.eraseSubject(options.subject, { reason: options.reason });
  const { subject, erasedAt, unfinishedRetrainings: unfinished = [] } = erased;
  const rows =
    unfinished.length === 0 ? '' : `; retrainings that have not ended may hold rows about it: ${unfinished.join(', ')}`;
  output.result(erased, `${subject}: erased ${erasedAt}; backups from before hold its key still${rows}`);
  return exitCode.ok;
}

export async function hold({ config, output, who }: Session, options: SubjectCommandOptions): Promise<number> {
  await using protection = new DataProtection(config, who);
  const held = await protection.holdSubject(options.subject, { reason: options.reason });
  output.result(held, `${held.subject}: on hold`);
  return exitCode.ok;
}

export async function release({ config, output, who }: Session, options: SubjectCommandOptions): Promise<number> {
  await using protection = new DataProtection(config, who);
  const released = await protection.releaseSubject(options.subject, { reason: options.reason });
  output.result(released, `${released.subject}: no hold`);
  return exitCode.ok;
}
