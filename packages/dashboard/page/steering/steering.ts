/** What an operator is about to change: which dialog is open. */
export type Steering =
  | { readonly kind: 'shares'; readonly pool: string; readonly priority: number }
  | { readonly kind: 'rollout'; readonly pool: string }
  | {
      readonly kind: 'steer-rollout';
      readonly pool: string;
      readonly to: string;
      readonly verb: 'pause' | 'resume' | 'abort';
    }
  | {
      readonly kind: 'drain' | 'trip' | 'close' | 'shadow' | 'end-shadow';
      readonly pool: string;
      readonly backend: string;
    }
  | { readonly kind: 'trip-route' | 'close-route'; readonly route: string };
