import type { BackendStatus } from '@spillway/core';

/** Attempts by what came of them: none but those given. */
export function attemptsOf(
  counts: Partial<BackendStatus['attempts']> = {},
): BackendStatus['attempts'] {
  return {
    success: 0,
    client_error: 0,
    throttled: 0,
    server_error: 0,
    connect_error: 0,
    reset: 0,
    timeout: 0,
    cancelled: 0,
    ...counts,
  };
}

/** A backend that is available and idle, but for what is given. */
export function backendStatus(more: Partial<BackendStatus> = {}): BackendStatus {
  return {
    id: 'b',
    priority: 1,
    weight: 1,
    available: true,
    draining: false,
    running: 0,
    attempts: attemptsOf(),
    ...more,
  };
}
