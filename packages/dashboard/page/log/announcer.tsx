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
  const heard = useRef<ReadonlySet<LogEntry> | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  function speak(): void {
    timer.current = undefined;
    const entries = room.log.peek();
    const news = entries.filter((entry) => KINDS[entry.kind].spoken && !heard.current?.has(entry));
    heard.current = new Set(entries);
    if (news.length === 0) return;
    const left = news.length - MOST;
    const texts = news.slice(-MOST).map(({ pool, text }) => (pool ? `${pool}: ${text}` : text));
    setSpoken([...(left > 0 ? [`${left} more events.`] : []), ...texts].join(' '));
  }

  useSignalEffect(() => {
    const entries = room.log.value;
    if (room.session.value === undefined) return;
    // What was there when the page was opened is no news.
    if (heard.current === undefined) heard.current = new Set(entries);
    else timer.current ??= setTimeout(speak, EVERY_MS);
  });

  return (
    <p class="hidden" role="status">
      {spoken}
    </p>
  );
}
