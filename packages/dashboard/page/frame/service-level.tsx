import type { ServiceLevelStatus } from '@spillway/core';
import type { ComponentChildren } from 'preact';
import { count, decimal, milliseconds, NONE, percent } from '../format.ts';

export interface ServiceLevelProps {
  readonly level: ServiceLevelStatus | undefined;
  /** More figures of the same thing. */
  readonly children?: ComponentChildren;
}

/** How callers fared in the last minute. */
export function ServiceLevel({ level, children }: ServiceLevelProps) {
  return (
    <dl class="stats">
      {level !== undefined && (
        <>
          <Figure name="Requests a minute">{count(level.requestsPerMinute)}</Figure>
          <Figure name="Failed" alarming={(level.failureRatio ?? 0) > 0}>
            {level.failureRatio === undefined ? NONE : percent(level.failureRatio)}
          </Figure>
          <Figure name="Mean time">
            {level.meanMs === undefined ? NONE : milliseconds(level.meanMs)}
          </Figure>
          <Figure name={`Apdex (${milliseconds(level.apdexMs)})`}>
            {level.apdex === undefined ? NONE : decimal(level.apdex)}
          </Figure>
        </>
      )}
      {children}
    </dl>
  );
}

export interface FigureProps {
  readonly name: string;
  readonly alarming?: boolean;
  readonly children: ComponentChildren;
}

export function Figure({ name, alarming = false, children }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={alarming ? 'tone-bad' : undefined}>{children}</dd>
    </div>
  );
}
