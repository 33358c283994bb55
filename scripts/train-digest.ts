/** Trains each seeded built-in trainer on the bonds of 2010 and prints the digests of the models. */
import { MLOpsConfig, readCsv, trainModel } from '../src/index.js';
import { digestJson } from '../src/util/digest.js';

const bonds = await readCsv('examples/data/bonds-monthly-2010-2012.csv');
const data = bonds.slice(0, 2000);
const featureColumns = ['coupon_rate', 'maturity_years', 'age_years', 'term', 'issue_size_bn', 'benchmark_yield'];
const trainings = {
  cart: {},
  random_forest: { n_estimators: 3, max_samples: 300 },
  extra_forest: { n_estimators: 10 },
  gradient_boosting: { max_iterations: 30 },
};
const digests: Record<string, string> = {};
for (const [algorithm, hyperparameters] of Object.entries(trainings)) {
  const { model } = await trainModel(MLOpsConfig.default({ environment: {} }), {
    modelType: 'spread',
    data,
    featureColumns,
    targetColumn: 'spread_bps',
    algorithm,
    hyperparameters,
  });
  digests[algorithm] = digestJson(model.toJSON());
}
console.log(JSON.stringify(digests));
