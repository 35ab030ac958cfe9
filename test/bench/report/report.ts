import type { CurveFigures } from '../curve-figures.ts';
import { type SharedLimitOutcome, sharedLimitReport } from '../instances/measure-instances.ts';
import type { MissedGoal } from '../missed.ts';
import type { Section } from '../rows.ts';
import { type Summary, titleOf } from '../summary.ts';
import type { Table } from '../tables.ts';
import {
  type Cells,
  curveCells,
  goalCells,
  profileCells,
  tableCells,
  waitingCells,
  waitingTitle,
} from './cells.ts';
import { busyNote, guardNote, leftOutNote } from './notes.ts';

/** All that a run has found out. */
export interface Report extends Summary {
  /** On what machine, with what. */
  readonly circumstances: string;
  /** Where time goes that a goal does not allow for. */
  readonly missed: readonly MissedGoal[];
  /** Absent when it was not asked for; without figures where there is no Redis. */
  readonly sharedLimit?: { readonly figures: SharedLimitOutcome };
}

/** A part of a chapter; the terminal, the Markdown file and the pictures differ in how they draw it. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cells'; readonly title?: string; readonly cells: Cells }
  | { readonly kind: 'table'; readonly title: string; readonly cells: Cells; readonly table: Table }
  | {
      readonly kind: 'curve';
      readonly title: string;
      readonly cells: Cells;
      readonly curve: CurveFigures;
    };

export interface Chapter {
  readonly title: string;
  readonly blocks: readonly Block[];
}

const sectionTitles: Readonly<Record<Section, string>> = {
  routes: 'In front of a route',
  proxies: 'Proxies',
  failure: 'Under failure',
  growth: 'How cost grows',
};

/** The report in the order in which it is read; chapters without contents are left out. */
export function chaptersOf(report: Report): Chapter[] {
  const chapters: Chapter[] = [
    ...(['proxies', 'routes', 'failure', 'growth'] as const).map((section) => ({
      title: sectionTitles[section],
      blocks: [
        ...report.tables.filter((table) => table.section === section).map(tableBlock),
        ...report.curves.filter((curve) => curve.section === section).map(curveBlock),
      ],
    })),
    { title: 'Requests that wait', blocks: waitingBlocks(report) },
    {
      title: 'Instances that share a limit',
      blocks: report.sharedLimit ? [text(sharedLimitReport(report.sharedLimit.figures))] : [],
    },
    { title: 'Goals', blocks: goalBlocks(report) },
    { title: 'Where the time goes', blocks: report.missed.flatMap(missedBlocks) },
  ];
  return chapters.filter(({ blocks }) => blocks.length > 0);
}

/** The contenders of a report, as a list of names and titles. */
export function contendersOf({ tables, curves }: Report): [name: string, title: string][] {
  const names = [
    ...tables.flatMap(({ lines }) => lines.map(({ contender }) => contender)),
    ...curves
      .filter(({ section }) => section !== 'waiting')
      .flatMap(({ series }) => series.map(({ name }) => name)),
  ];
  return [...new Set(names)].map((name) => [name, titleOf(name)]);
}

function tableBlock(table: Table): Block {
  const title = `${table.title} (${table.rounds} rounds at most)`;
  return { kind: 'table', title, cells: tableCells(table), table };
}

function curveBlock(curve: CurveFigures): Block {
  return { kind: 'curve', title: curve.title, cells: curveCells(curve), curve };
}

function waitingBlocks({ waiting, waitingFailure, curves }: Report): Block[] {
  if (waitingFailure !== undefined) return [text(waitingFailure)];
  if (waiting === undefined) return [];
  return [
    { kind: 'cells', title: waitingTitle(waiting), cells: waitingCells(waiting) },
    ...curves.filter(({ section }) => section === 'waiting').map(curveBlock),
  ];
}

function goalBlocks(report: Report): Block[] {
  const notes = [busyNote(report.tables), guardNote(report), leftOutNote(report.leftOut)];
  return [
    ...(report.judgements.length > 0 ? [{ kind: 'cells' as const, cells: goalCells(report) }] : []),
    ...notes.flatMap((note) => (note === undefined ? [] : [text(note)])),
  ];
}

function missedBlocks({ subject, row, profiles, failure }: MissedGoal): Block[] {
  const title = `${subject} on ${row}`;
  return [
    ...(profiles.length > 0
      ? [{ kind: 'cells' as const, title, cells: profileCells(profiles) }]
      : []),
    ...(failure === undefined ? [] : [text(`${title}: no profile, for ${failure}`)]),
  ];
}

function text(line: string): Block {
  return { kind: 'text', text: line.trimEnd() };
}
