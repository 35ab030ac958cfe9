import type {
  DrainRequest,
  RolloutRequest,
  ShadowRequest,
  TrafficRequest,
  TripRequest,
} from '../../src/contract.ts';
import type { ChangeRequest } from './api.ts';

const path = (...parts: readonly string[]) => parts.map(encodeURIComponent).join('/');

/** Every change that the page can ask for. */
export const changes = {
  traffic: (pool: string, body: TrafficRequest): ChangeRequest => ({
    method: 'PUT',
    path: path('pools', pool, 'traffic'),
    body: { ...body },
  }),
  rollOut: (pool: string, body: RolloutRequest): ChangeRequest => ({
    method: 'POST',
    path: path('pools', pool, 'rollouts'),
    body: { ...body },
  }),
  steerRollout: (pool: string, to: string, verb: 'pause' | 'resume' | 'abort'): ChangeRequest => ({
    method: 'POST',
    path: path('pools', pool, 'rollouts', to, verb),
    body: {},
  }),
  drain: (pool: string, backend: string, body: DrainRequest): ChangeRequest => ({
    method: 'POST',
    path: path('pools', pool, 'backends', backend, 'drain'),
    body: { ...body },
  }),
  trip: (pool: string, backend: string, body: TripRequest): ChangeRequest => ({
    method: 'POST',
    path: path('pools', pool, 'backends', backend, 'trip'),
    body: { ...body },
  }),
  close: (pool: string, backend: string): ChangeRequest => ({
    method: 'POST',
    path: path('pools', pool, 'backends', backend, 'close'),
    body: {},
  }),
  shadow: (pool: string, backend: string, body: ShadowRequest): ChangeRequest => ({
    method: 'PUT',
    path: path('pools', pool, 'shadows', backend),
    body: { ...body },
  }),
  tripRoute: (name: string, body: TripRequest): ChangeRequest => ({
    method: 'POST',
    path: path('breakers', name, 'trip'),
    body: { ...body },
  }),
  closeRoute: (name: string): ChangeRequest => ({
    method: 'POST',
    path: path('breakers', name, 'close'),
    body: {},
  }),
};
