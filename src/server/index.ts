export { createDashboard } from './create-dashboard.js';
export type { Dashboard, DashboardOptions } from './create-dashboard.js';
export { serve } from './serve.js';
export type { RunningServer, ServeOptions } from './serve.js';
