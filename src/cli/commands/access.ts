import { AccessControl } from '../../governance/access/access-control.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

interface CreateOptions {
  readonly service?: string;
  readonly days?: number;
  readonly description?: string;
}

export async function createToken({ config, output, who }: Session, options: CreateOptions): Promise<number> {
  await using access = new AccessControl(config, who);
  const { service, days, description } = options;
  const made = await access.createToken({
    ...(service !== undefined && { principal: { id: service, type: 'service' } }),
    ...(days !== undefined && { days }),
    ...(description !== undefined && { description }),
  });
  const { principal, tokenId, token, expiresAt } = made;
  output.note(`token ${tokenId} of ${principal.id}, valid until ${expiresAt}; it is shown this once`);
  output.result(made, token);
  return exitCode.ok;
}

export async function listTokens(
  { config, output, who }: Session,
  { principal }: { readonly principal?: string },
): Promise<number> {
  await using access = new AccessControl(config, who);
  const tokens = await access.listTokens(principal === undefined ? {} : { principal });
  const rows = tokens.map((t) => [t.tokenId, t.principal.id, t.principal.type, t.status, t.expiresAt, t.description]);
  const head = ['token', 'of', 'type', 'status', 'expires', 'for'];
  output.result(tokens, rows.length === 0 ? 'no tokens' : formatTable(head, rows));
  return exitCode.ok;
}

export async function revokeToken(
  { config, output, who }: Session,
  { id, reason }: { readonly id: string; readonly reason?: string },
): Promise<number> {
  await using access = new AccessControl(config, who);
  const revoked = await access.revokeToken(id, reason);
  output.result(revoked, `token ${id} of ${revoked.principal.id} is ${revoked.status}`);
  return exitCode.ok;
}

export async function raise(
  { config, output, who }: Session,
  options: { readonly reason: string; readonly minutes?: number },
): Promise<number> {
  await using access = new AccessControl(config, who);
  const { reason, minutes } = options;
  const raised = await access.breakGlass({ reason, ...(minutes !== undefined && { minutes }) });
  const { breakGlassId, principal, role, expiresAt } = raised;
  output.result(
    raised,
    `${principal} is ${role} until ${expiresAt} (emergency ${breakGlassId}); another person reviews it`,
  );
  return exitCode.ok;
}

export async function listEmergencies(
  { config, output, who }: Session,
  { unreviewed }: { readonly unreviewed?: boolean },
): Promise<number> {
  await using access = new AccessControl(config, who);
  const found = await access.listBreakGlass(unreviewed === true ? { isReviewed: false } : {});
  const rows = found.map((e) => [
    e.breakGlassId,
    e.principal,
    e.role,
    e.raisedAt,
    e.expiresAt,
    e.review?.by ?? '-',
    e.reason,
  ]);
  const head = ['emergency', 'who', 'role', 'raised', 'until', 'reviewed by', 'reason'];
  output.result(found, rows.length === 0 ? 'no emergencies' : formatTable(head, rows));
  return found.some(({ isOver, review }) => isOver && review === undefined) ? exitCode.found : exitCode.ok;
}

export async function review(
  { config, output, who }: Session,
  { id, comment }: { readonly id: string; readonly comment: string },
): Promise<number> {
  await using access = new AccessControl(config, who);
  const reviewed = await access.review(id, comment);
  output.result(reviewed, `emergency ${id} of ${reviewed.principal} was reviewed by ${reviewed.review!.by}`);
  return exitCode.ok;
}
