import { SpillwayError } from '@spillway/core';

/**
 * `late`: no answer in time. `invalid_count`: a scaler's count was no integer of at least 0.
 * `not_ready`: an instance did not become ready, and was ended. `closed`: the scaler has been closed.
 * `conflict`: somebody else has changed the scale meanwhile. `api`: Kubernetes refused.
 * `missing_dependency`: an optional package is not installed.
 */
export type AutoscaleErrorCode =
  | 'late'
  | 'invalid_count'
  | 'not_ready'
  | 'closed'
  | 'conflict'
  | 'api'
  | 'missing_dependency';

/** Why something could not be measured or scaled. Branch on `code`. */
export class AutoscaleError extends SpillwayError {
  override readonly name = 'AutoscaleError';
  override readonly code: AutoscaleErrorCode;

  constructor(code: AutoscaleErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
