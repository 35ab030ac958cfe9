import type { Logger } from '@spillway/core';
import { ApiError } from '../http/api-error.ts';
import type { ReadDashboardOptions, Viewer } from '../options.ts';

/**
 * Asks the application who this is.
 * @throws ApiError `forbidden`, or `authorization_failed` when there is no telling
 */
export async function authorized(
  authorize: ReadDashboardOptions['authorize'],
  request: unknown,
  logger: Logger,
): Promise<Viewer> {
  let given: unknown;
  try {
    given = await authorize(request);
    if (given !== undefined && given !== null && !isViewer(given)) {
      throw new TypeError(
        "authorize must give { name, role }, a non-empty string and 'viewer' or 'operator'",
      );
    }
  } catch (error) {
    // What it threw may hold secrets.
    logger.error('who uses the control room could not be found out', { error });
    throw new ApiError('authorization_failed', 'ask again later');
  }
  if (given === undefined || given === null) throw new ApiError('forbidden', 'you are not let in');
  return given as Viewer;
}

function isViewer(given: unknown): given is Viewer {
  const { name, role } = given as Partial<Viewer>;
  return typeof name === 'string' && name !== '' && (role === 'viewer' || role === 'operator');
}
