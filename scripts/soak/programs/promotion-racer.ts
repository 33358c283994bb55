// Takes part in races to promote: keeps a version of its own in Staging, says "ready", and for every line on standard
// input, the version now in production, tries to put its own in that version's place and prints what came of it.
import { createInterface } from 'node:readline';
import { MLOpsError, ModelRegistry } from '@bondx/mlops';
import { racePolicy } from '../race-policy.js';

const [directory, number] = process.argv.slice(2);
const registry = new ModelRegistry(racePolicy(directory!));
const say = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
const modelName = 'raced';
let wins = 0;

async function candidate(): Promise<string> {
  const version = `1.${number!}.${wins}`;
  const modelPath = `${directory!}/model.json`;
  await registry.registerModel({
    modelName,
    version,
    modelType: 'spread',
    featureColumns: ['coupon'],
    modelPath,
    performanceMetrics: { r2_score: 1 },
  });
  await registry.promoteModel({ modelName, version, targetStage: 'staging' });
  return version;
}

let version = await candidate();
say({ ready: version });
for await (const line of createInterface({ input: process.stdin })) {
  const replaces = line === 'none' ? null : line;
  try {
    const { status } = await registry.promoteModel({ modelName, version, targetStage: 'production', replaces });
    say({ outcome: status, version });
    wins++;
    version = await candidate();
  } catch (error) {
    say({ outcome: error instanceof MLOpsError ? error.code : String(error), version });
  }
  say({ ready: version });
}
await registry.close();
