import { sayReplaced } from '../canary/advise.js';
import { hasEnded } from '../canary/transitions.js';
import { MLOpsError } from '../errors.js';
import type { GateResult } from '../registry/gate-result.js';
import type { ModelStage } from '../registry/stage.js';
import { gateTable } from '../report/model/model-card-content.js';
import { html } from '../report/page/html.js';
import { refuse } from '../util/check.js';
import type { DoAction, Page } from './visit.js';

/** What can be done from a page: each is one call of a public class, which authorizes and records it. */
export const actions: Readonly<Record<string, DoAction>> = {
  promote: async ({ services, href }, form) => {
    const modelName = field(form, 'modelName');
    const version = field(form, 'version');
    const targetStage = field(form, 'stage') as ModelStage;
    const asked = { modelName, version, targetStage, ...reason(form), ...replaces(form) };
    const result = await services.registry.promoteModel(asked);
    return result.status === 'promoted' ? { to: href('models', modelName, version) } : refused(result.failures);
  },
  request: async ({ services, href }, form) => {
    const asked = {
      modelName: field(form, 'modelName'),
      version: field(form, 'version'),
      reason: field(form, 'reason'),
    };
    await services.registry.approvals.request(asked);
    return { to: href('models') };
  },
  approve: async ({ services, href }, form) => {
    const comment = form.get('comment') ?? '';
    const vote = { requestId: field(form, 'requestId'), ...(comment !== '' && { comment }) };
    await services.registry.approvals.approve(vote);
    return { to: href('models') };
  },
  reject: async ({ services, href }, form) => {
    await services.registry.approvals.reject({ requestId: field(form, 'requestId') });
    return { to: href('models') };
  },
  execute: async ({ services, href }, form) => {
    const asked = { requestId: field(form, 'requestId'), ...replaces(form) };
    const result = await services.registry.approvals.execute(asked);
    return result.status === 'promoted' ? { to: href('models') } : refused(result.failures);
  },
  acknowledge: async ({ services, href }, form) => {
    const comment = form.get('comment')?.trim() ?? '';
    await services.alerts.acknowledge(field(form, 'alertId'), comment === '' ? {} : { comment });
    return { to: href('alerts') };
  },
  halt: async ({ services, href }, form) => {
    const { deploymentId, modelName, status } = await services.canaries.getDeployment(field(form, 'deploymentId'));
    // A halt is of whatever canary the model has: a page that stood open must not end the next one.
    if (hasEnded(status))
      throw new MLOpsError('ILLEGAL_STATE', `deployment ${deploymentId} has ended already: ${status}`);
    await services.changeCanary((canaries) => canaries.halt(modelName, reason(form)));
    return { to: href('canaries', deploymentId) };
  },
  pause: async ({ services, href }, form) => {
    await services.changeCanary((canaries) => canaries.pause(field(form, 'deploymentId')));
    return { to: href('canaries', field(form, 'deploymentId')) };
  },
  resume: async ({ services, href }, form) => {
    await services.changeCanary((canaries) => canaries.resume(field(form, 'deploymentId')));
    return { to: href('canaries', field(form, 'deploymentId')) };
  },
  rollback: async ({ services, href }, form) => {
    await services.changeCanary((canaries) => canaries.rollbackCanary(field(form, 'deploymentId')));
    return { to: href('canaries', field(form, 'deploymentId')) };
  },
  'promote-canary': async ({ services, href }, form) => {
    const deploymentId = field(form, 'deploymentId');
    const deployment = await services.canaries.getDeployment(deploymentId);
    const { production } = await services.registry.getModel(deployment.modelName);
    // What the page showed the candidate beside is not what it would take the place of.
    if (!hasEnded(deployment.status) && production !== deployment.productionVersion)
      throw new MLOpsError('ILLEGAL_STATE', sayReplaced(deployment, production));
    const result = await services.changeCanary((canaries) => canaries.promoteCanary(deploymentId));
    return result.status === 'promoted' ? { to: href('canaries', deploymentId) } : refused(result.failures);
  },
};

const refused = (failures: readonly GateResult[]): Page => ({
  title: 'Refused',
  status: 409,
  content: html`<p>Nothing was changed: these gates stand in the way.</p>
    ${gateTable(failures)}`,
});

function field(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  return value === null || value === '' ? refuse(`the form lacks ${name}`) : value;
}

/** What the page took for the version in production: one that stood open must not move what came there meanwhile. */
function replaces(form: URLSearchParams): { readonly replaces?: string | null } {
  const version = form.get('replaces');
  return version === null ? {} : { replaces: version === '' ? null : version };
}

function reason(form: URLSearchParams): { readonly reason?: string } {
  const text = form.get('reason')?.trim() ?? '';
  return text === '' ? {} : { reason: text };
}
