export { renderDriftReport } from './drift/render-drift-report.js';
export type { DriftReportOptions } from './drift/render-drift-report.js';
