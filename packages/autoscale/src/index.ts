export { autoscale } from './autoscale.ts';
export type { Autoscaler, AutoscalerEvents, AutoscalerStatus } from './autoscaler.ts';
export type { ScalingAction, ScalingDecision, ScalingReason } from './decision.ts';
export { AutoscaleError, type AutoscaleErrorCode } from './errors.ts';
export type {
  AutoscaleOptions,
  Metric,
  RuleOptions,
  ScaleInOptions,
  ScaleOutOptions,
} from './options.ts';
export type { Asked } from './round.ts';
export type { RuleStatus } from './rule.ts';
export type { KubeConfigLike } from './scalers/kubernetes/kube-config.ts';
export {
  type KubernetesScaler,
  type KubernetesScalerOptions,
  kubernetesScaler,
} from './scalers/kubernetes/kubernetes-scaler.ts';
export type { InstanceState } from './scalers/process/instance.ts';
export type { InstancePool, MakePool, ProcessScalerOptions } from './scalers/process/options.ts';
export {
  type ProcessScaler,
  type ProcessScalerEvents,
  processScaler,
} from './scalers/process/process-scaler.ts';
export type { InstanceStatus, InstanceUsage } from './scalers/process/status.ts';
export type { Scaler } from './scalers/scaler.ts';
export { poolUtilisation } from './signals/pool-utilisation.ts';
export {
  type KnowsUsage,
  processorUse,
  processorUseByInstance,
} from './signals/processor-use.ts';
export { type HasGates, queueRatio } from './signals/queue-ratio.ts';
