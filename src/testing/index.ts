export { FakeClock } from './fake-clock.js';
export { countingIds } from './counting-ids.js';
