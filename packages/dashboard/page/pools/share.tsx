import { NONE, percent } from '../format.ts';

export interface ShareProps {
  readonly asked: number;
  /** Absent while the server has not said it. */
  readonly received: number | undefined;
}

/** The share that a backend is to have, as a mark, and the one that it had, as a bar. */
export function Share({ asked, received }: ShareProps) {
  return (
    <div class="share">
      <span class="figures">
        <span class="hidden">asked </span>
        {percent(asked)}
        <span class="muted" aria-hidden="true">
          {' → '}
        </span>
        <span class="hidden">, received </span>
        <b>{received === undefined ? NONE : percent(received)}</b>
      </span>
      <div class="share-bar" aria-hidden="true">
        <div class="received" style={{ width: `${(received ?? 0) * 100}%` }} />
        <div class="asked" style={{ insetInlineStart: `${asked * 100}%` }} />
      </div>
    </div>
  );
}
