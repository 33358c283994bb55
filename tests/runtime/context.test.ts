import { describe, expect, it, test } from 'vitest';
import {
  AccessControl,
  Alerts,
  AuditLog,
  CanaryDeploymentManager,
  DataProtection,
  DriftMonitor,
  ExperimentTracker,
  KeyAdministration,
  MLOpsConfig,
  ModelRegistry,
  RetrainPipeline,
  type Telemetry,
} from '../../src/index.js';
import { createWorld } from '../helpers.js';

const invalid = expect.objectContaining({ code: 'INVALID_INPUT' }) as Error;

test.each([undefined, null, {}, { config: {} }, { policy: undefined }, 'policy.yaml'])(
  'what is no policy is refused before anything is opened: %j',
  (config) => {
    const { registry, tracker } = open();
    for (const Class of [ExperimentTracker, ModelRegistry, DriftMonitor, AuditLog]) {
      expect(() => new Class(config as never)).toThrow(/a policy is needed: MLOpsConfig.fromYaml/);
    }
    expect(() => new RetrainPipeline(config as never, tracker, registry)).toThrow(/a policy is needed/);
    expect(() => new CanaryDeploymentManager(config as never, registry)).toThrow(/a policy is needed/);
  },
);

it("refuses the classes that others are made from in each other's place", () => {
  const { config, tracker, registry } = open();
  expect(() => new RetrainPipeline(config, registry as never, tracker as never)).toThrow(invalid);
  expect(() => new RetrainPipeline(config, undefined as never, registry)).toThrow(invalid);
  expect(() => new CanaryDeploymentManager(config, tracker as never)).toThrow(invalid);
});

function open() {
  const { config, options } = createWorld();
  const [tracker, registry] = [new ExperimentTracker(config, options), new ModelRegistry(config, options)];
  const made: Readonly<Record<string, (given: never) => object>> = {
    AccessControl: (given) => new AccessControl(config, given),
    Alerts: (given) => new Alerts(config, given),
    AuditLog: (given) => new AuditLog(config, given),
    CanaryDeploymentManager: (given) => new CanaryDeploymentManager(config, registry, given),
    DataProtection: (given) => new DataProtection(config, given),
    DriftMonitor: (given) => new DriftMonitor(config, given),
    ExperimentTracker: (given) => new ExperimentTracker(config, given),
    KeyAdministration: (given) => new KeyAdministration(config, given),
    ModelRegistry: (given) => new ModelRegistry(config, given),
    RetrainPipeline: (given) => new RetrainPipeline(config, tracker, registry, given),
  };
  return { config, options, tracker, registry, made };
}

describe.each(Object.entries(open().made))('%s', (_name, make) => {
  it('refuses options that it does not know: a misspelled principal would act as somebody else', () => {
    expect(() => make({ principle: { id: 'rita' } } as never)).toThrow('has no option "principle"');
  });

  it.each([null, 7, 'x', [], () => 0])('refuses options that are no object: %s', (given) => {
    expect(() => make(given as never)).toThrow(invalid);
  });

  it.each([
    [null],
    ['rita'],
    [{}],
    [{ id: '', type: 'person', authentication: 'jwt' }],
    [{ id: 'rita', type: 'robot', authentication: 'jwt' }],
    [{ id: 'rita', type: 'person', authentication: 'trust me' }],
    [{ id: 7, type: 'person', authentication: 'jwt' }],
  ])('refuses what is no principal: %j', (principal) => {
    expect(() => make({ principal } as never)).toThrow(invalid);
  });
});

it.each([
  ['storage', { storage: {}, artifacts: {} }, /^storage must be a Storage, got an object without the method get/],
  ['storage', { storage: './store', artifacts: './files' }, /^storage must be a Storage, got "\.\/store"/],
  ['storage', { storage: Promise.resolve(), artifacts: Promise.resolve() }, /^storage is a promise: await/],
  ['clock', { clock: {} }, /^clock must be a Clock/],
  ['ids', { ids: { next: 7 } }, /^ids must be an IdSource/],
  ['keys', { keys: null }, /^keys must be a KeyService, got null/],
  ['logger', { logger: { info: () => undefined } }, /^logger must be a Logger/],
  ['telemetry', { telemetry: {} }, /^telemetry must be a Telemetry/],
])('refuses what cannot be worked with as %s', (_name, given, message) => {
  const { config, options } = createWorld();
  expect(() => new ExperimentTracker(config, given as never)).toThrow(invalid);
  expect(() => new ModelRegistry(config, { ...options, ...given } as never)).toThrow(message);
  const { storage, ...files } = options;
  expect(
    () => new ModelRegistry(config, { storage: { ...storage, capabilities: undefined }, ...files } as never),
  ).toThrow(invalid);
});

describe('withPrincipal', () => {
  it.each(Object.entries(open().made))(
    'of %s refuses nobody, in whose place the caller before would act',
    (_n, make) => {
      const instance = make({} as never) as { withPrincipal?: (principal: unknown) => unknown };
      if (instance.withPrincipal === undefined) return;
      for (const nobody of [undefined, null, {}]) expect(() => instance.withPrincipal!(nobody)).toThrow(invalid);
    },
  );

  it('of a manager of canaries keeps what it was made with', async () => {
    const { config, registry } = open();
    const seen: string[] = [];
    const telemetry: Telemetry = {
      begin: ({ operation }) => {
        seen.push(operation);
        return { run: (work) => work(), end: () => undefined };
      },
    };
    const manager = new CanaryDeploymentManager(config, registry, { telemetry });
    const other = manager.withPrincipal({ id: 'omar', type: 'person', authentication: 'application' });
    await other.listDeployments();
    expect(seen).toEqual(['canary.read']);
  });
});

describe('a policy', () => {
  it('is read with the options it knows', () => {
    expect(() => MLOpsConfig.fromObject({}, { enviroment: {} } as never)).toThrow('has no option "enviroment"');
    expect(() => MLOpsConfig.fromYaml('policy.example.yaml', { baseDirectory: '/' } as never)).toThrow(invalid);
  });

  it('passes over variables that are no texts and not meant for it', () => {
    expect(() => MLOpsConfig.fromObject({}, { environment: { PORT: 3000 as never } })).not.toThrow();
  });
});
