import { explain, forkFile } from '../processes.ts';
import type { LoadGenerator, LoadResult } from './target.ts';

/** autocannon in a child process that is kept: starting it anew for each window takes longer. */
export function autocannonLoad(before: readonly string[]): LoadGenerator {
  const { child, said } = forkFile(new URL('autocannon-process.ts', import.meta.url), { before });
  return {
    name: 'autocannon',
    run: (target, seconds) =>
      new Promise<LoadResult>((resolve, reject) => {
        const onMessage = (result: unknown) => {
          child.off('close', onClose);
          resolve(result as LoadResult);
        };
        const onClose = () => {
          child.off('message', onMessage);
          reject(new Error(explain(said()) || 'The load generator ended.'));
        };
        child.once('message', onMessage).once('close', onClose);
        if (child.connected) child.send({ target, seconds });
        else onClose();
      }),
  };
}
