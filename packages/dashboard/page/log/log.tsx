import { useState } from 'preact/hooks';
import type { Change, LogEntry, LogKind } from '../../src/contract.ts';
import { timeOfDay } from '../format.ts';
import { Icon } from '../frame/icon.tsx';
import { useRoom } from '../state/room.ts';
import { type Filter, filtered, iconOf, KINDS } from './kinds.ts';

const SHOWN = 200;

/** What has happened, the latest first. */
export function EventLog() {
  const [filter, setFilter] = useState<Filter>({ kind: 'all', text: '' });
  const entries = filtered(useRoom().log.value, filter, SHOWN);
  return (
    <section class="log" id="log" aria-labelledby="log-title" tabIndex={-1}>
      <header>
        <h2 id="log-title">Log</h2>
        <LogFilter filter={filter} onChange={setFilter} />
      </header>
      {entries.length === 0 ? (
        <p class="muted">
          {filter.kind === 'all' && filter.text === '' ? 'Nothing yet.' : 'Nothing matches.'}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <ol class="entries" tabIndex={0} aria-label="Events, the latest first">
          {entries.map((entry) => (
            <Entry key={`${entry.at}:${entry.id}`} entry={entry} />
          ))}
        </ol>
      )}
    </section>
  );
}

interface LogFilterProps {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

function LogFilter({ filter, onChange }: LogFilterProps) {
  return (
    <search class="filter" aria-label="Filter the log">
      <select
        aria-label="Kind of event"
        value={filter.kind}
        onChange={({ currentTarget }) =>
          onChange({ ...filter, kind: currentTarget.value as LogKind | 'all' })
        }
      >
        <option value="all">All events</option>
        {Object.entries(KINDS).map(([kind, { name }]) => (
          <option key={kind} value={kind}>
            {name}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label="Text of events"
        placeholder="Filter"
        value={filter.text}
        onInput={({ currentTarget }) => onChange({ ...filter, text: currentTarget.value })}
      />
    </search>
  );
}

function Entry({ entry }: { readonly entry: LogEntry }) {
  const { at, kind, pool, policy, by, text } = entry;
  const of = pool ?? policy;
  return (
    <li class="entry">
      <Icon name={iconOf(entry)} />
      <div>
        <p>
          {of !== undefined && <span class="id">{of}</span>} {text}
        </p>
        <p class="muted figures">
          <time>{timeOfDay(at)}</time> · {KINDS[kind].name}
          {by !== undefined && ` · ${by}`}
        </p>
        {kind === 'change' && <Effects entry={entry} />}
      </div>
    </li>
  );
}

/** What a change by hand has done, in the service's own words. */
function Effects({ entry: { details } }: { readonly entry: LogEntry }) {
  const effects = (details as Partial<Change> | undefined)?.effects ?? [];
  return (
    <ul class="effects muted">
      {effects.map((effect) => (
        <li key={effect}>{effect}</li>
      ))}
    </ul>
  );
}
