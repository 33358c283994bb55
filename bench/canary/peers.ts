import { GrowthBookClient } from '@growthbook/growthbook';
import { InMemStorageProvider, Unleash } from 'unleash-client';

const share = 0.05;

/** GrowthBook's SDK with one flag: a share of the users, by their id. Offline. */
export function growthBook(flag: string): (key: string) => boolean {
  const client = new GrowthBookClient().initSync({
    payload: {
      features: {
        [flag]: {
          defaultValue: false,
          rules: [{ force: true, coverage: share, hashAttribute: 'id', seed: flag, hashVersion: 2 }],
        },
      },
    },
  });
  return (key) => client.evalFeature(flag, { attributes: { id: key } }).on;
}

/** Unleash's SDK with the same flag, from bootstrap data; there is no server for it. */
export async function unleash(flag: string): Promise<(key: string) => boolean> {
  const parameters = { rollout: String(100 * share), stickiness: 'userId', groupId: flag };
  const client = new Unleash({
    appName: 'bench',
    url: 'http://127.0.0.1:9',
    metricsInterval: 3_600_000, // it counts evaluations, as it does unless told otherwise, and never sends them
    disableAutoStart: true,
    storageProvider: new InMemStorageProvider(),
    bootstrap: {
      data: [
        {
          name: flag,
          type: 'release',
          enabled: true,
          strategies: [{ name: 'flexibleRollout', parameters, constraints: [] }],
          impressionData: false,
          stale: false,
          project: 'default',
        },
      ],
    },
  });
  client.on('error', () => undefined); // there is no server to fetch from, and none is needed
  client.on('warn', () => undefined);
  const ready = new Promise((done) => client.once('ready', done));
  void client.start().catch(() => undefined);
  await ready;
  client.destroy();
  return (key) => client.isEnabled(flag, { userId: key });
}
