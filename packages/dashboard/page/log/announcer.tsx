import { useSignalEffect } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import type { LogEntry } from '../../src/contract.ts';
import { useRoom } from '../state/room.ts';
import { KINDS } from './kinds.ts';

/** A screen reader is told at most this often. */
const EVERY_MS = 3_000;
const MOST = 3;

/** Reads what matters out to those who do not look, politely and in batches. */
export function Announcer() {
  const room = useRoom();
  const [spoken, setSpoken] = useState('');
  const said = useRef<LogEntry | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  function speak(): void {
    timer.current = undefined;
    const entries = room.log.peek();
    const from = said.current === undefined ? entries.length : entries.indexOf(said.current) + 1;
    const news = entries.slice(from).filter(({ kind }) => KINDS[kind].spoken);
    said.current = entries.at(-1);
    if (news.length === 0) return;
    const left = news.length - MOST;
    const texts = news.slice(-MOST).map(({ pool, text }) => (pool ? `${pool}: ${text}` : text));
    setSpoken([...(left > 0 ? [`${left} more events.`] : []), ...texts].join(' '));
  }

  useSignalEffect(() => {
    if (room.log.value.length > 0) timer.current ??= setTimeout(speak, EVERY_MS);
  });

  return (
    <p class="hidden" role="status">
      {spoken}
    </p>
  );
}
