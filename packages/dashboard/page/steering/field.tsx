import type { ComponentChildren } from 'preact';
import { useContext, useId } from 'preact/hooks';
import { ProblemContext } from './change-dialog.tsx';
import type { ProblemShown } from './preview.ts';

export interface NumberFieldProps {
  readonly label: string;
  /** Of the API, to find the problem that is about it. */
  readonly name: string;
  readonly unit: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
  readonly note?: string;
}

/** A number with its unit. What is wrong with it stands below it, and is read with it. */
export function NumberField(props: NumberFieldProps) {
  const { label, name, unit, value, onChange, min = 0, max, step = 'any', note } = props;
  return (
    <Labelled label={`${label}, ${unit}`} name={name} note={note}>
      {(described) => (
        <input
          type="number"
          value={value}
          min={min}
          max={max}
          step={step}
          {...described}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

interface Described {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

export interface LabelledProps {
  readonly label: string;
  readonly name: string;
  readonly note?: string | undefined;
  readonly children: (described: Described) => ComponentChildren;
}

export function Labelled({ label, name, note, children }: LabelledProps) {
  const id = useId();
  const problem = useContext(ProblemContext);
  const isWrong = isAbout(problem, name);
  const text = isWrong ? (problem?.rule ?? problem?.detail) : note;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        'aria-invalid': isWrong,
        'aria-describedby': text === undefined ? undefined : `${id}-note`,
      })}
      {text !== undefined && (
        <p id={`${id}-note`} class={isWrong ? 'tone-bad' : 'muted'}>
          {text}
        </p>
      )}
    </div>
  );
}

/** `pool(chat).rollout.steps[1]` is about `steps`, and so is `steps`. */
export function isAbout(problem: ProblemShown | undefined, name: string): boolean {
  const parts = problem?.option?.split(/[.[\]]+/) ?? [];
  return parts.includes(name);
}
