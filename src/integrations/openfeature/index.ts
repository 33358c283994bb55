export { CanaryProvider } from './canary-provider.js';
export type { CanaryProviderOptions } from './canary-provider.js';
