import { MLOpsError } from '../../errors.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import type { GateOverride, PromotionRequest } from '../../registry/approvals/approval.js';
import { refuse } from '../../util/check.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';
import { reportPromotion } from './registry.js';

interface RequestOptions {
  readonly model: string;
  readonly version: string;
  readonly reason: string;
  readonly override?: readonly string[];
  readonly config?: string;
}

export async function request(session: Session, options: RequestOptions): Promise<number> {
  await using registry = new ModelRegistry(session.config, session.who);
  const overrides = options.override?.map(parseOverride) ?? [];
  const { model: modelName, version, reason } = options;
  try {
    return say(session, await registry.approvals.request({ modelName, version, reason, overrides }));
  } catch (error) {
    const isNeedless = session.config.policy.promotion.requiredApprovals === 0 && overrides.length === 0;
    if (!isNeedless || !(error instanceof MLOpsError) || error.code !== 'ILLEGAL_STATE') throw error;
    throw new MLOpsError('ILLEGAL_STATE', noneRequired(options), { cause: error });
  }
}

const noneRequired = ({ model, version, reason, config }: RequestOptions): string => {
  const line = ['bondx-mlops', ...(config === undefined ? [] : ['--config', config]), 'promote', '--model', model];
  line.push('--version', version, '--stage', 'production', '--reason', reason);
  return (
    'no approvals are required (promotion.required_approvals is 0), so that there is nothing to ask for; promote it with\n' +
    `  ${line.map(quote).join(' ')}`
  );
};

/** A word as a shell reads it back. */
const quote = (word: string): string => (/^[\w.,:/@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

function parseOverride(text: string): GateOverride {
  const [gate, ...reason] = text.split('=');
  if (reason.length === 0)
    refuse(`--override takes a gate and why, such as --override max_drift="crisis of March", got ${text}`);
  return { gate: gate!.trim(), reason: reason.join('=') };
}

interface DecideOptions {
  readonly request: string;
  readonly comment?: string;
}

export async function approve(session: Session, options: DecideOptions): Promise<number> {
  await using registry = new ModelRegistry(session.config, session.who);
  return say(session, await registry.approvals.approve(voteOf(options)));
}

export async function reject(session: Session, options: DecideOptions): Promise<number> {
  await using registry = new ModelRegistry(session.config, session.who);
  return say(session, await registry.approvals.reject(voteOf(options)));
}

const voteOf = ({ request: requestId, comment }: DecideOptions) => ({
  requestId,
  ...(comment !== undefined && { comment }),
});

export async function withdraw(session: Session, { request: requestId }: DecideOptions): Promise<number> {
  await using registry = new ModelRegistry(session.config, session.who);
  return say(session, await registry.approvals.withdraw({ requestId }));
}

export async function execute(
  { config, output, who }: Session,
  { request: requestId }: DecideOptions,
): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  return reportPromotion(output, await registry.approvals.execute({ requestId }));
}

export async function list(
  { config, output, who }: Session,
  options: { readonly model?: string; readonly open?: boolean },
): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const requests = await registry.approvals.list({
    ...(options.model !== undefined && { modelName: options.model }),
    ...(options.open === true && { isOpen: true }),
  });
  const rows = requests.map((r) => [
    r.modelName,
    r.version,
    r.status,
    `${approvals(r).length} of ${r.requiredApprovals}`,
    r.requestedBy,
    r.expiresAt,
    r.requestId,
  ]);
  const head = ['model', 'version', 'status', 'approvals', 'asked by', 'expires', 'request'];
  output.result(requests, rows.length === 0 ? 'no promotion requests' : formatTable(head, rows));
  return exitCode.ok;
}

function say({ output }: Session, request: PromotionRequest): number {
  const { modelName, version, status, requiredApprovals, requestId, expiresAt } = request;
  const count = `${approvals(request).length} of ${requiredApprovals} approvals`;
  output.result(request, `${modelName} ${version}: request ${requestId} is ${status}, ${count}, expires ${expiresAt}`);
  return exitCode.ok;
}

const approvals = ({ votes }: PromotionRequest): readonly unknown[] =>
  votes.filter(({ verdict }) => verdict === 'approve');
