// Puts an artifact whose content never ends.
import { openFilesystemArtifacts } from '../../../../src/adapters/filesystem/filesystem-artifacts.js';

const store = await openFilesystemArtifacts(process.argv[2]!);
await store.put(
  (async function* () {
    for (;;) {
      yield new Uint8Array(4096);
      process.stdout.write('.');
      await new Promise(setImmediate);
    }
  })(),
);
