import { type ComponentChildren, createContext } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Change } from '../../src/contract.ts';
import { sentence } from '../format.ts';
import { State } from '../frame/icon.tsx';
import type { ChangeRequest } from '../state/api.ts';
import { useRoom } from '../state/room.ts';
import { type Preview, type ProblemShown, problemOf, usePreview } from './preview.ts';

/** What the service has against the values, for the fields to show where it belongs to them. */
export const ProblemContext = createContext<ProblemShown | undefined>(undefined);

export interface ChangeDialogProps {
  readonly title: string;
  /** What is to be done, in a word or two, on the button that does it. */
  readonly verb: string;
  readonly isDangerous?: boolean;
  /** Absent while the values make none. */
  readonly request: ChangeRequest | undefined;
  /** Why the values make none. */
  readonly hint?: string | undefined;
  /** Fields, where the change has any. */
  readonly children?: ComponentChildren;
}

/** Asks for the values of a change, shows what it will do, and does it when it is told to. */
export function ChangeDialog(props: ChangeDialogProps) {
  const { title, verb, isDangerous = false, request, hint, children } = props;
  const room = useRoom();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const preview = usePreview(request);
  const [failure, setFailure] = useState<ProblemShown>();
  const [isApplying, setApplying] = useState(false);
  const problem = failure ?? (preview.state === 'refused' ? preview.problem : undefined);
  const mayApply = preview.state === 'ready' && request !== undefined && !isApplying;

  useEffect(() => dialog.current?.showModal(), []);
  // What failed was another change.
  useEffect(() => setFailure(undefined), [JSON.stringify(request)]);

  async function apply(): Promise<void> {
    if (!mayApply) return;
    setApplying(true);
    try {
      const { summary } = await room.change(request, false);
      room.notice.value = `Done: ${summary}`;
      dialog.current?.close();
    } catch (error) {
      setFailure(problemOf(error));
      setApplying(false);
    }
  }

  return (
    <dialog
      ref={dialog}
      class="change"
      aria-labelledby={titleId}
      onClose={() => {
        room.steering.value = undefined;
      }}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void apply();
        }}
      >
        <h2 id={titleId}>{title}</h2>
        <ProblemContext.Provider value={problem}>{children}</ProblemContext.Provider>
        <Outlook
          hint={request === undefined ? hint : undefined}
          preview={preview}
          problem={problem}
        />
        <div class="dialog-end">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={!mayApply}>
            {isApplying ? 'Applying…' : verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}

interface OutlookProps {
  readonly hint: string | undefined;
  readonly preview: Preview;
  readonly problem: ProblemShown | undefined;
}

function Outlook({ hint, preview, problem }: OutlookProps) {
  return (
    <section class="outlook" aria-label="What it will do" aria-live="polite">
      {hint !== undefined ? (
        <State icon="warning" text={hint} />
      ) : problem !== undefined ? (
        <State icon="bad" text={problem.detail} />
      ) : preview.state === 'ready' ? (
        <Effects change={preview.change} />
      ) : (
        <p class="muted">Asking the service what it would do…</p>
      )}
    </section>
  );
}

function Effects({ change: { summary, effects } }: { readonly change: Change }) {
  return (
    <>
      <p>
        <b>{sentence(summary)}</b>
      </p>
      <ul>
        {effects.map((effect) => (
          <li key={effect}>{effect}</li>
        ))}
      </ul>
    </>
  );
}
