import {
  Alerts,
  AuditLog,
  CanaryDeploymentManager,
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  MemoryArtifactStore,
  MemoryStorage,
  ModelRegistry,
  type Random,
  type VersionSelector,
  RetrainPipeline,
  createRandom,
  trainModel,
} from '@bondx/mlops';

/**
 * What happens in the world on the day of the change: nothing, bonds of other issuers come in (the relation stays), or the
 * relation of spread and leverage changes.
 */
export const worlds = ['calm', 'moved', 'changed'] as const;
export type World = (typeof worlds)[number];

export interface ModelYearOptions {
  readonly world: World;
  readonly days: number;
  /** Day on which the world changes. */
  readonly changeDay: number;
  readonly rowsPerDay: number;
  readonly seed: string;
  /** Told what happens, a line each. */
  readonly onEvent?: (day: number, text: string) => void;
}

/** A version that came into production, with the mean absolute errors of both on rows that neither has seen. */
export interface YearPromotion {
  readonly day: number;
  readonly before: number;
  readonly after: number;
}

export interface ModelYearResult {
  /** Alerts that were raised, such as `drift`. */
  readonly alerts: readonly { readonly day: number; readonly source: string }[];
  readonly promotions: readonly YearPromotion[];
  /** Challengers that were registered or refused. */
  readonly retrainings: { readonly registered: number; readonly rejected: number };
  /** Mean absolute error in production on the last day. */
  readonly lossAtEnd: number;
  /** What does not fit together on record: none, if all is well. */
  readonly problems: readonly string[];
}

const day = 24 * 3_600_000;

const config = MLOpsConfig.fromObject({
  storage: { kind: 'memory' },
  promotion: {
    minAccuracy: 0.5,
    maxDrift: 1, // nobody records evidence by hand here
    requireExplainability: false,
    requireFeatureImportance: false,
    requireBiasTesting: false,
    requireComplianceCheck: false,
  },
  canary: { initialCanaryPercentage: 0.5, maxCanaryPercentage: 0.5 },
  retraining: { maxIterations: 4, cooldownHours: 24 * 7, scheduledRetraining: { enabled: true, frequency: 'monthly' } },
  monitoring: { performanceCheckIntervalMinutes: 24 * 60 },
  models: {
    spread: {
      featureColumns: ['leverage', 'coverage', 'rating'],
      targetColumn: 'spread',
      timeColumn: 'date',
      algorithm: 'gradient_boosting',
    },
  },
});

const deviation = 15;
/** Mean absolute error of the world's own relation: that of a normal deviation. */
const leastLoss = deviation * Math.sqrt(2 / Math.PI);

interface Quote {
  readonly date: string;
  readonly leverage: number;
  readonly coverage: number;
  readonly rating: string;
  readonly spread: number;
}

function draw(random: Random, now: number, slope: number, moved: number): Quote {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const leverage = 10 * random.next() + moved;
  const coverage = 4 + normal();
  const grade = Math.floor(4 * random.next());
  const spread = 60 + slope * leverage - 8 * coverage + 25 * grade + deviation * normal();
  return { date: new Date(now).toISOString().slice(0, 10), leverage, coverage, rating: 'ABCD'[grade]!, spread };
}

/** Ninety days of data to begin with, then a year as a service lives it: served, checked, retrained and rolled out by itself. */
export async function liveModelYear(options: ModelYearOptions): Promise<ModelYearResult> {
  const { world, days, changeDay, rowsPerDay, onEvent = () => undefined } = options;
  const random = createRandom(options.seed);
  const others = createRandom(`${options.seed}, rows that nobody learns from`);
  let now = Date.parse('2026-01-01T00:00:00Z');
  let today = -90;
  const quotes = (count: number, source = random): Quote[] => {
    const hasChanged = today >= changeDay;
    const [slope, moved] = [hasChanged && world === 'changed' ? 4 : 12, hasChanged && world === 'moved' ? 4 : 0];
    return Array.from({ length: count }, () => draw(source, now, slope, moved));
  };
  const history: Quote[][] = [];
  for (; today < 0; today++, now += day) history.push(quotes(rowsPerDay));

  const context = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore(), clock: { now: () => now } };
  await using tracker = new ExperimentTracker(config, context);
  await using registry = new ModelRegistry(config, context);
  await using monitor = new DriftMonitor(config, context);
  await using alerts = new Alerts(config, context);
  await using audit = new AuditLog(config, context);
  await using canaries = new CanaryDeploymentManager(config, registry);
  const pipeline = new RetrainPipeline(config, tracker, registry);

  const modelName = 'spread';
  const raised: { day: number; source: string }[] = [];
  const promotions: YearPromotion[] = [];
  const retrainings = { registered: 0, rejected: 0 };
  const problems: string[] = [];
  const tell = (text: string): void => onEvent(today, text);

  const lossOf = async (selector: VersionSelector): Promise<number> => {
    const model = await registry.loadModel(modelName, selector);
    const unseen = quotes(4_000, others);
    return unseen.reduce((sum, row) => sum + Math.abs(model.predict({ ...row }) - row.spread), 0) / unseen.length;
  };

  /** Four times a day somebody looks at the canary. */
  async function serve(): Promise<void> {
    const rows = quotes(rowsPerDay);
    for (let quarter = 0; quarter < 4; quarter++) {
      now += day / 4;
      for (const [i, { spread, ...features }] of rows.entries()) {
        if (i % 4 !== quarter) continue;
        canaries.predict({ modelName, routingKey: `${today}/${i}`, features, actual: spread });
      }
      const { deployments } = await canaries.listDeployments({ modelName, status: 'active' });
      for (const { deploymentId, candidateVersion, productionVersion } of deployments) {
        const { verdict, reason } = await canaries.evaluate(deploymentId, { apply: true });
        if (verdict === 'hold') continue;
        tell(`${candidateVersion}: ${verdict}, ${reason}`);
        if (verdict !== 'promote') continue;
        const [before, after] = [await lossOf({ version: productionVersion }), await lossOf({ stage: 'production' })];
        promotions.push({ day: today, before, after });
        tell(`${candidateVersion} is in production; mean absolute error ${before.toFixed(2)} → ${after.toFixed(2)}`);
      }
    }
    history.push(rows);
  }

  async function check(): Promise<void> {
    const { checks, events } = await alerts.runDueChecks({
      models: [
        {
          modelName,
          checkDrift: async () => {
            const { version: modelVersion } = await registry.getModelVersion(modelName, { stage: 'production' });
            return monitor.detectDrift({ modelName, modelVersion, currentData: history.slice(-7).flat() });
          },
          checkPerformance: () => pipeline.checkPerformance({ modelName, data: history.slice(-30).flat() }),
        },
      ],
    });
    for (const { kind, error } of checks) {
      if (error !== undefined) problems.push(`day ${today}: ${kind} could not be checked: ${error}`);
    }
    for (const { notice, alert } of events) {
      if (notice === 'repeated') continue;
      if (notice === 'raised') raised.push({ day: today, source: alert.source });
      tell(`${notice}: ${alert.title}: ${alert.message}`);
    }
  }

  /** On the rows since the last alarm, once there are two weeks of them: older ones may teach what no longer holds. */
  async function retrain(): Promise<void> {
    const sinceAlarm = today - (raised.at(-1)?.day ?? -Infinity);
    const trainingData = async (): Promise<Quote[]> =>
      history.slice(sinceAlarm < 14 ? -90 : -Math.min(90, sinceAlarm)).flat();
    const models = [{ modelName, trainingData, canary: { manager: canaries } }];
    for (const { trigger, result, error } of await pipeline.runDue({ models })) {
      if (error !== undefined) throw new Error(`day ${today}: ${error.message}`);
      if (result === undefined || result.status === 'skipped') continue;
      retrainings[result.status]++;
      tell(`retrained (${trigger}): ${result.status}, ${result.reason}`);
    }
  }

  const trained = await trainModel(config, { modelType: modelName, data: history.flat() });
  const { model, metrics: performanceMetrics, featureColumns, targetColumn, trainingData, baselineProfile } = trained;
  const { version } = await registry.register({
    ...{ modelName, modelType: modelName, featureColumns, targetColumn },
    ...{ model, performanceMetrics, trainingData, baselineProfile },
  });
  for (const targetStage of ['staging', 'production'] as const) {
    const promoted = await registry.promoteModel({ modelName, version, targetStage });
    if (promoted.status === 'refused') throw new Error(promoted.failures.map(({ message }) => message).join('; '));
  }
  await canaries.serve(modelName);
  for (; today < days; today++) {
    await serve();
    await check();
    await retrain();
  }
  const { alerts: left } = await alerts.list({ status: 'open' });
  problems.push(...left.map(({ title }) => `still alerted at the end: ${title}`));
  const { status, reason } = await audit.verify();
  if (status !== 'ok') problems.push(`the audit log is ${status}: ${reason}`);
  const year = { alerts: raised, promotions, retrainings, lossAtEnd: await lossOf({ stage: 'production' }) };
  return { ...year, problems: [...problems, ...judge(options, year)] };
}

/** What a year must not show: a false alarm, a change that nobody was told of, a promotion for the worse, a model left behind. */
function* judge({ world, changeDay }: ModelYearOptions, year: Omit<ModelYearResult, 'problems'>): Generator<string> {
  const change = world === 'calm' ? Infinity : changeDay;
  const alarms = year.alerts.filter(({ source }) => source === 'drift' || source === 'performance');
  for (const { day, source } of alarms) if (day < change) yield `day ${day}: a false alarm (${source})`;
  if (change < Infinity && !alarms.some(({ day }) => day < change + 14)) yield 'the change was not told in two weeks';
  for (const { day, before, after } of year.promotions) {
    if (after > 1.02 * before) yield `day ${day}: promoted for the worse, ${before.toFixed(2)} → ${after.toFixed(2)}`;
  }
  if (year.lossAtEnd > 1.1 * leastLoss) yield `production ends with an error of ${year.lossAtEnd.toFixed(2)}`;
}
