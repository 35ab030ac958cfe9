import type { BackendStatus, PoolStatus } from '@spillway/core';

type Attempts = BackendStatus['attempts'];

/** Made up, for what shows or judges statuses: counts of attempts, 0 unless told otherwise. */
export function attempts(counts: Partial<Attempts> = {}): Attempts {
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

/** A backend that is available and idle, unless told otherwise. */
export function backendStatus(id: string, more: Partial<BackendStatus> = {}): BackendStatus {
  return {
    id,
    priority: 1,
    weight: 1,
    available: true,
    draining: false,
    running: 0,
    attempts: attempts(),
    ...more,
  };
}

/** A pool in which nothing has happened, unless told otherwise. */
export function poolStatus(name: string, more: Partial<PoolStatus> = {}): PoolStatus {
  return {
    name,
    balance: 'weighted',
    running: 0,
    waiting: 0,
    spillovers: [],
    rejections: {},
    backends: [],
    shadows: [],
    rollouts: [],
    ...more,
  };
}
