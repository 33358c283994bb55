export { openTelemetry } from './open-telemetry.js';
export type { OpenTelemetryBridge, OpenTelemetryOptions } from './open-telemetry.js';
