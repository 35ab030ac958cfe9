export type * from './contract.ts';
export { dashboard } from './dashboard.ts';
export type { DashboardOptions, ScalerDecision, ScalerView, Viewer } from './options.ts';
