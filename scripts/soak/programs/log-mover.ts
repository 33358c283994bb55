// Removes old audit records while runs are started beside, and prints what is acknowledged and how far it is: "run <id>",
// "begin", "copying", "moved <records>".
import { setImmediate as pause } from 'node:timers/promises';
import {
  type Change,
  ExperimentTracker,
  type Storage,
  applyRetention,
  openFilesystemArtifacts,
  openFilesystemStorage,
} from '@bondx/mlops';
import { moveStore } from '../move-store.js';

const [directory, day] = process.argv.slice(2);
const { config, clock, records, files } = moveStore(directory!, Number(day));
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const inner = await openFilesystemStorage(records);
const isOfCopy = (change: Change): boolean => change.kind === 'put' && change.collection === 'audit.starts';
const storage: Storage = {
  capabilities: inner.capabilities,
  get: (...args) => inner.get(...args),
  query: (...args) => inner.query(...args),
  read: (...args) => inner.read(...args),
  commit: async (changes, options) => {
    const results = await inner.commit(changes, options);
    if (changes.length <= 2 && changes.some(isOfCopy)) say('copying');
    return results;
  },
  close: () => inner.close(),
};
const options = { storage, artifacts: await openFilesystemArtifacts(files), clock };
await using tracker = new ExperimentTracker(config, options);
const start = async (): Promise<void> => {
  say(`run ${await tracker.startRun({ experimentName: 'beside', heartbeat: false })}`);
  await pause(); // commits to SQLite take no turn of the event loop, and signatures and files do
};
await start();
const moving = { isOver: false };
const writing = (async () => {
  while (!moving.isOver) await start();
})();
say('begin');
say(`moved ${(await applyRetention(config, options)).audit.records}`);
moving.isOver = true;
await writing;
await storage.close();
