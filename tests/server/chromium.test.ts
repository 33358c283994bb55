import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Alerts,
  CanaryDeploymentManager,
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  ModelInventory,
  ModelRegistry,
  assessCompliance,
  createProfile,
  readCsv,
  type Table,
} from '@bondx/mlops';
import {
  renderCanaryReport,
  renderComplianceReport,
  renderDriftReport,
  renderModelCard,
  renderRunComparison,
} from '@bondx/mlops/report';
import { type RunningServer, serve } from '@bondx/mlops/server';
import { ConstantModel } from '../../src/models/constant-model.js';
import { cardFacts } from '../../src/report/model/card-facts.js';
import { pagePaths } from '../../src/server/routes.js';
import { metricHistories } from '../../src/report/runs/metric-histories.js';
import {
  type Scrolling,
  chromiumPath,
  cutLabels,
  fits,
  launch,
  looks,
  openPage,
  screenshot,
  violations,
} from './browser.js';
import { demoStore } from './demo-store.js';

if (chromiumPath === undefined)
  console.log('no Chromium here: the browser tests are skipped (apt-get install chromium, or set CHROMIUM_PATH)');

describe.skipIf(chromiumPath === undefined)('in Chromium, with what the demo stored', { timeout: 120_000 }, () => {
  let store: Awaited<ReturnType<typeof demoStore>>;
  let browser: Browser;
  let server: RunningServer;
  let config: MLOpsConfig;
  let registry: ModelRegistry;
  let tracker: ExperimentTracker;
  let monitor: DriftMonitor;
  let manager: CanaryDeploymentManager;
  let runIds: string[];
  /** How to close what was opened, so that what fails to open is what is reported. */
  const opened: (() => unknown)[] = [];

  beforeAll(async () => {
    store = await demoStore();
    opened.push(() => rmSync(store.folder, { recursive: true, force: true }));
    const policy = join(store.folder, 'examples/treasury-lifecycle/policy.yaml');
    writeFileSync(
      policy,
      readFileSync(policy, 'utf8').replace('promotion:\n', 'promotion:\n  required_approvals: 1\n'),
    );
    config = store.config();
    registry = new ModelRegistry(config);
    tracker = new ExperimentTracker(config);
    monitor = new DriftMonitor(config);
    manager = new CanaryDeploymentManager(config, registry);
    opened.push(() => Promise.all([tracker.close(), monitor.close(), registry.close()]));
    opened.push(() => manager.close());
    server = await serve(store.config(), { port: 0 }); // a config of its own: nothing is shared but the store
    opened.push(() => server.close());
    browser = await launch();
    opened.push(() => browser.close());
    await using alerts = new Alerts(config);
    await alerts.scan();
    await alerts.raise({ key: 'prices', severity: 'warning', title: 'prices are late', message: 'none since 09:00' });
    await registry.promoteModel({ modelName: 'spread', version: '1.1.1', targetStage: 'staging' });
    await askForPromotion();
    runIds = [];
    for (const [i, runName] of ['learning rate 0.1', 'learning rate 0.3'].entries()) {
      const runId = await tracker.startRun({ experimentName: 'spread', runName });
      await tracker.logParameters(runId, { learning_rate: 0.1 + 0.2 * i });
      for (let step = 0; step < 40; step++)
        await tracker.logMetrics(
          runId,
          { mae: 2 + 3 * Math.exp(-step * (0.1 + 0.1 * i)), LOSS: 1.5e6 - step },
          { step },
        );
      await tracker.endRun(runId);
      runIds.push(runId);
    }
  }, 120_000);

  afterAll(async () => {
    for (const close of opened.toReversed()) await close();
  });

  async function enter(look: keyof typeof looks): Promise<{ context: BrowserContext; at: (path: string) => string }> {
    const context = await browser.newContext(looks[look]);
    const page = await context.newPage();
    await page.goto(server.url);
    expect(page.url()).toBe(`${new URL(server.url).origin}/experiments`);
    await page.close();
    return { context, at: (path) => `${new URL(server.url).origin}${path}` };
  }

  async function pages(): Promise<Record<string, string>> {
    const [{ deployments }, { reports }] = await Promise.all([
      manager.listDeployments({ modelName: 'spread' }),
      monitor.listReports({ modelName: 'spread' }),
    ]);
    return {
      experiments: '/experiments',
      runs: '/experiments/spread',
      comparison: `/compare?run=${runIds.join('&run=')}`,
      models: '/models',
      'model-version': '/models/spread/1.1.0',
      drift: '/drift',
      'drift-of-model': '/drift/spread',
      'drift-report': `/drift-reports/${reports[0]!.reportId}`,
      canaries: '/canaries',
      canary: `/canaries/${deployments[0]!.deploymentId}`,
      alerts: '/alerts',
      audit: '/audit',
    };
  }

  it.each(['desktop', 'phone', 'dark'] as const)(
    'each page of the dashboard can be used by everybody: %s',
    async (look) => {
      const { context, at } = await enter(look);
      const { page, complaints } = await openPage(context);
      for (const [name, path] of Object.entries(await pages())) {
        await page.goto(at(path));
        expect(await violations(page, look), name).toEqual([]);
        expect(await fits(page), name).toBe(true);
        expect(await cutLabels(page), name).toEqual([]);
        await screenshot(page, `dashboard-${name}-${look}`);
      }
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  it('no page of the dashboard is left out above', async () => {
    const shown = Object.values(await pages()).map((path) => path.slice(1).replace(/\?.*/, '').split('/'));
    const isShown = (path: string): boolean => {
      const wanted = path.split('/');
      return shown.some(
        (one) => one.length === wanted.length && wanted.every((part, i) => part === ':' || part === one[i]),
      );
    };
    expect(pagePaths.length).toBeGreaterThan(10);
    expect(pagePaths.filter((path) => path !== '' && !isShown(path))).toEqual([]); // '' is that of the experiments
  });

  it('names and texts without a space stay within the page', async () => {
    const modelName = 'm'.repeat(110);
    const { version } = await registry.register({
      ...{ modelName, modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(1) },
      ...{ performanceMetrics: { ['q'.repeat(80)]: 0.5 }, description: 'd'.repeat(400) },
    });
    const { context, at } = await enter('phone');
    const page = await context.newPage();
    for (const path of ['/models', `/models/${modelName}/${version}`]) {
      await page.goto(at(path));
      expect(await fits(page), path.slice(0, 10)).toBe(true);
    }
    await context.close();
  });

  it('the pages that keep somebody out can be used by everybody', async () => {
    const guarded = await serve(store.config(), { port: 0, authentication: 'token' });
    const strangers = {
      'sign-in': `${new URL(guarded.url).origin}/models`,
      'sign-in-locally': `${new URL(server.url).origin}/models`,
    };
    for (const look of ['desktop', 'phone', 'dark'] as const) {
      const { context: known, at } = await enter(look);
      const unknown = await browser.newContext(looks[look]);
      const shown = [
        ...Object.entries(strangers).map(([name, url]) => [unknown, name, url, 401] as const),
        [known, 'not-found', at('/models/nobody/1.0.0'), 404] as const,
      ];
      for (const [context, name, url, status] of shown) {
        const page = await context.newPage();
        const response = await page.goto(url);
        expect(response?.status(), name).toBe(status);
        expect(await violations(page, look), name).toEqual([]);
        expect(await fits(page), name).toBe(true);
        await screenshot(page, `dashboard-${name}-${look}`);
      }
      await Promise.all([known.close(), unknown.close()]);
    }
    await guarded.close();
  });

  it('each report can be read by everybody', async () => {
    const comparison = await tracker.compareRuns(runIds);
    const { deployments } = await manager.listDeployments({ modelName: 'spread', limit: 1 });
    const { deploymentId } = deployments[0]!;
    const [report] = (await monitor.listReports({ modelName: 'spread', limit: 1 })).reports;
    const written = {
      drift: await renderDriftReport(report!, await yearProfiles()),
      canary: await renderCanaryReport({
        deployment: await manager.getDeployment(deploymentId),
        decisions: await manager.listDecisions(deploymentId),
      }),
      runs: await renderRunComparison(comparison, { histories: await metricHistories(tracker, comparison) }),
      'runs-of-long-names': await renderRunComparison({
        ...comparison,
        metrics: comparison.metrics.map((metric) => ({ ...metric, name: metric.name.padEnd(240, 'x') })),
      }),
      model: await renderModelCard(await cardFacts(registry, 'spread', { version: '1.1.0' })),
      compliance: await compliancePage(),
    };
    for (const look of ['desktop', 'phone', 'dark'] as const) {
      const context = await browser.newContext(looks[look]);
      const { page, complaints } = await openPage(context);
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      for (const [name, text] of Object.entries(written)) {
        const file = join(store.folder, `${name}.html`);
        writeFileSync(file, text);
        await page.goto(pathToFileURL(file).href);
        expect(await violations(page, look), `${name}, ${look}`).toEqual([]);
        expect(await fits(page), `${name}, ${look}`).toBe(true);
        expect(await cutLabels(page), `${name}, ${look}`).toEqual([]);
        await screenshot(page, `report-${name}-${look}`);
        if (look === 'desktop') await page.emulateMedia({ media: 'print' });
        if (look === 'desktop') await screenshot(page, `report-${name}-print`);
        if (look === 'desktop') await page.emulateMedia({ media: null });
      }
      expect(complaints).toEqual([]);
      expect(requests.every((url) => url.startsWith('file:'))).toBe(true);
      await context.close();
    }
  });

  /** A former request is withdrawn, which no longer holds once what the gates look at has changed. */
  const askForPromotion = () =>
    registry
      .withPrincipal({ id: 'rita', type: 'person', authentication: 'application' })
      .approvals.request({ modelName: 'spread', version: '1.1.1', reason: 'lower error on the newest months' });

  it('a promotion that somebody asked for is approved by a click, and not by who registered the version', async () => {
    await askForPromotion();
    const omar = { id: 'omar', type: 'person', authentication: 'application' } as const;
    const asOmar = await serve(store.config(), { port: 0, principal: omar });
    const context = await browser.newContext(looks.desktop);
    const { page, complaints } = await openPage(context);
    const approve = async (address: string): Promise<void> => {
      await page.goto(address);
      await page.goto(`${new URL(address).origin}/models`);
      expect(await page.getByRole('region', { name: 'Staging of spread' }).textContent()).toContain('min_accuracy');
      const card = page.locator('article', { hasText: 'lower error on the newest months' });
      await card.getByLabel('Comment').fill('errors were looked at');
      await card.getByRole('button', { name: 'Approve' }).click();
      await page.waitForLoadState();
    };
    const votes = async () => (await registry.approvals.list({ isOpen: true }))[0]!.votes;
    await approve(server.url);
    expect(await votes()).toEqual([]);
    expect(complaints.splice(0)).toHaveLength(1); // the answer was 403
    await approve(asOmar.url);
    await page.getByRole('button', { name: 'Promote now' }).waitFor();
    expect(await votes()).toMatchObject([{ verdict: 'approve', by: 'omar', comment: 'errors were looked at' }]);
    expect(complaints).toEqual([]);
    await context.close();
    await asOmar.close();
  });

  it('a canary that is looked at shows a decision within two seconds, and can be halted', async () => {
    const deploymentId = await manager.createCanaryDeployment({
      modelName: 'spread',
      candidateVersion: '1.1.1',
      initialTrafficPercentage: 0.2,
    });
    const { context, at } = await enter('desktop');
    const { page, complaints } = await openPage(context);
    await page.goto(at(`/canaries/${deploymentId}`));
    await page.getByText('not evaluated yet').waitFor();
    const latencies: number[] = [];
    for (let i = 1; i <= 3; i++) {
      for (let n = 0; n < 40; n++) {
        const { version = '1.1.0' } = manager.routePrediction({ modelName: 'spread', features: {}, routingKey: n * i });
        manager.recordOutcome({ modelName: 'spread', version, prediction: 1, actual: 1.5 });
      }
      await manager.evaluate(deploymentId);
      const decided = performance.now();
      await page
        .getByText(i === 1 ? 'Evidence from decision to decision' : `${i} decisions kept`, { exact: true })
        .first()
        .waitFor();
      latencies.push(Math.round(performance.now() - decided));
    }
    console.log(`decisions were seen after ${latencies.join(', ')} ms`);
    expect(Math.max(...latencies)).toBeLessThan(2000);
    const reason = page.getByLabel('Reason');
    await reason.fill('prices look wrong');
    await manager.evaluate(deploymentId);
    await page.getByText('4 decisions kept', { exact: true }).waitFor();
    expect(await reason.inputValue()).toBe('prices look wrong');
    await page.getByRole('button', { name: 'Halt now' }).click();
    await page.locator('.verdict .word', { hasText: 'Halted' }).waitFor({ timeout: 25_000 });
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'halted' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('a canary that is looked at offers what can be done now, and leaves tables in focus and as they were scrolled', async () => {
    const { deployments } = await manager.listDeployments({ modelName: 'spread' });
    for (const { deploymentId, status } of deployments)
      if (status === 'halted') await manager.rollbackCanary(deploymentId);
    const again = await manager.createCanaryDeployment({
      modelName: 'spread',
      candidateVersion: '1.1.1',
      initialTrafficPercentage: 0.2,
    });
    const { context, at } = await enter('phone');
    const { page } = await openPage(context);
    await page.setViewportSize({ width: 240, height: 740 });
    await page.goto(at(`/canaries/${again}`));
    const table = page.getByRole('region', { name: 'Everything that was decided and done' });
    await table.focus();
    const place = (): Promise<unknown> =>
      table.evaluate((one: unknown) => {
        const { scrollLeft, ownerDocument } = one as Scrolling;
        return { scrollLeft, isFocused: one === ownerDocument.activeElement };
      });
    await table.evaluate((one: unknown) => ((one as Scrolling).scrollLeft = 20));
    expect(await place()).toEqual({ scrollLeft: 20, isFocused: true });
    await manager.pause(again, { reason: 'prices are late' });
    await table.getByText('prices are late').waitFor();
    expect(await place()).toEqual({ scrollLeft: 20, isFocused: true });
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await manager.rollbackCanary(again);
    await page.getByRole('region', { name: 'Actions' }).waitFor({ state: 'detached' });
    await context.close();
  });

  it('a canary that is looked at when the session ends is not left there as if it were live', async () => {
    const { deployments } = await manager.listDeployments({ modelName: 'spread' });
    const { context, at } = await enter('desktop');
    const { page } = await openPage(context);
    await page.goto(at(`/canaries/${deployments[0]!.deploymentId}`));
    await page.getByText(deployments[0]!.candidateVersion).first().waitFor();
    await context.clearCookies();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await context.close();
  });

  it('a canary that is looked at says so when it is not up to date, and goes on once it can', async () => {
    const { deployments } = await manager.listDeployments({ modelName: 'spread' });
    const { context, at } = await enter('desktop');
    const { page } = await openPage(context);
    await page.goto(at(`/canaries/${deployments[0]!.deploymentId}`));
    const note = page.getByText('Not up to date');
    for (const answer of ['away', 503] as const) {
      await page.route('**/live', (route) =>
        answer === 'away' ? route.abort('connectionrefused') : route.fulfill({ status: answer }),
      );
      await note.waitFor();
      await page.unroute('**/live');
      await note.waitFor({ state: 'hidden' });
    }
    await context.close();
  });

  /** Of a model with an entry, a finding past its date, an overlay and outcomes that do not fit. */
  async function compliancePage(): Promise<string> {
    const person = (id: string) => ({ id, type: 'person', authentication: 'application' }) as const;
    const inventory = new ModelInventory(registry.withPrincipal(person('rita')));
    const modelName = 'spread';
    const purpose = 'Spreads of Treasury bonds, for the banking book';
    await inventory.describe({ modelName, tier: 2, owner: 'rates desk', purpose, measures: ['pd', 'ecl'] });
    const validation = { modelName, version: '1.1.0', outcome: 'approved', comment: 'one weakness' } as const;
    await inventory.recordValidation(validation);
    const dueAt = new Date(Date.now() - 86_400_000);
    await inventory.findings.raise({ modelName, severity: 'medium', title: 'no stress of 2008', dueAt });
    await inventory.findings.raise({ modelName, severity: 'low', title: 'no backup data', dueAt: '2999-12-31' });
    const overlay = { modelName, amount: 1_250_000, currency: 'EUR', direction: 'increase' } as const;
    await inventory.overlays.record({ ...overlay, reason: 'debt ceiling', expiresAt: '2999-12-31' });
    const grades = [
      { grade: 'A', pd: 0.01, obligors: 4000, defaults: 38, obligorsAtDevelopment: 4100 },
      { grade: 'B', pd: 0.05, obligors: 2000, defaults: 197, obligorsAtDevelopment: 1950 },
    ];
    const inputs = { pd: { horizonEndsAt: '2020-01-01', grades } };
    const report = await assessCompliance(registry, { modelName, version: '1.1.0', inputs });
    const [entry, findings, overlays] = await Promise.all([
      inventory.get(modelName),
      inventory.findings.list({ modelName }),
      inventory.overlays.list({ modelName }),
    ]);
    return renderComplianceReport({ report, entry, findings, overlays });
  }

  /** The data of the demo's last check, in counts. */
  async function yearProfiles() {
    const bonds = await readCsv('examples/data/bonds-monthly-2010-2012.csv');
    const date = bonds.column('date');
    if (date.kind !== 'date') throw new Error('the panel has a date column');
    const rows = (from: string, to: string): Table =>
      bonds.take(
        [...date.values.keys()].filter((i) => date.values[i]! >= Date.parse(from) && date.values[i]! < Date.parse(to)),
      );
    return {
      baselineProfile: await createProfile(rows('2010-01', '2012-01')),
      currentProfile: await createProfile(rows('2012-01', '2013-01')),
    };
  }
});
