import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { storageConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';
import { inDirectories } from './temporary-directory.js';

runConformance(
  'FilesystemStorage',
  storageConformance(inDirectories((directory) => openFilesystemStorage(directory, { durability: 'process' }))),
);
