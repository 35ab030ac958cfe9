import { useRoom } from '../state/room.ts';
import type { Steering } from './steering.ts';

export interface SteerButtonProps {
  readonly steering: Steering;
  readonly text: string;
  /** What it acts on, where the text does not say it. */
  readonly of?: string;
}

/** Opens the dialog of a change. Viewers have none of these; the head of the page tells them why. */
export function SteerButton({ steering, text, of }: SteerButtonProps) {
  const room = useRoom();
  if (!room.maySteer.value) return null;
  return (
    <button
      type="button"
      class="steer"
      onClick={() => {
        room.steering.value = steering;
      }}
    >
      {text}
      {of !== undefined && <span class="hidden"> {of}</span>}
    </button>
  );
}
