import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { storageConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';
import { inDirectories } from './temporary-directory.js';
import { openWalkingStorage } from './walking-storage.js';

runConformance(
  'FilesystemStorage',
  storageConformance(inDirectories((directory) => openFilesystemStorage(directory, { durability: 'process' }))),
);

runConformance('FilesystemStorage, walking indexes', storageConformance(inDirectories(openWalkingStorage)));
