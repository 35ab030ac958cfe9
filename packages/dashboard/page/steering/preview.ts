import { useEffect, useState } from 'preact/hooks';
import type { ApiProblem, Change } from '../../src/contract.ts';
import { type ChangeRequest, RefusedError } from '../state/api.ts';
import { useRoom } from '../state/room.ts';

/** Typing pauses for so long before the service is asked. */
const PAUSE_MS = 300;

/** What a change would do, or why it cannot be. */
export type Preview =
  | { readonly state: 'asking' }
  | { readonly state: 'ready'; readonly change: Change }
  | { readonly state: 'refused'; readonly problem: ProblemShown };

export type ProblemShown = Pick<ApiProblem, 'detail' | 'option' | 'rule'>;

/** Asks the service what the change would do, whenever it has become another. */
export function usePreview(request: ChangeRequest | undefined): Preview {
  const room = useRoom();
  const [preview, setPreview] = useState<Preview>({ state: 'asking' });
  const key = JSON.stringify(request);

  // The request is made anew at each drawing; its key says whether it differs.
  useEffect(() => {
    setPreview({ state: 'asking' });
    if (request === undefined) return;
    const abandoned = new AbortController();
    const timer = setTimeout(() => {
      room.change(request, true, abandoned.signal).then(
        (change) => setPreview({ state: 'ready', change }),
        (error) => {
          if (abandoned.signal.aborted) return;
          setPreview({ state: 'refused', problem: problemOf(error) });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abandoned.abort();
    };
  }, [key]);
  return preview;
}

export function problemOf(error: unknown): ProblemShown {
  if (error instanceof RefusedError) return error.problem;
  return { detail: 'The service could not be reached.' };
}
