import { MemoryStorage } from '../../../src/adapters/memory/memory-storage.js';
import { storageConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';

runConformance('MemoryStorage', storageConformance({ open: async () => new MemoryStorage(), has: ['watch', 'dump'] }));
