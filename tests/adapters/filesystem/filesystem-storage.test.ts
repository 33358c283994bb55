import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { storageConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';
import { inDirectories } from './temporary-directory.js';
import { openWalkingStorage } from './walking-storage.js';

const suite = (open: (directory: string) => Promise<Storage>) =>
  storageConformance({ ...inDirectories(open), has: ['watch', 'dump'] });

runConformance(
  'FilesystemStorage',
  suite((directory) => openFilesystemStorage(directory, { durability: 'process' })),
);

runConformance('FilesystemStorage, walking indexes', suite(openWalkingStorage));
