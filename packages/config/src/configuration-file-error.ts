import { ConfigurationError } from '@spillway/core';

/** A place in a file. Lines and columns are counted from 1. */
export interface FilePosition {
  readonly file: string;
  /** Absent when the file could not be read. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** What is wrong with a file, and where: `spillway.yaml:12:15: pool(chat).backends[1].weight must be …`. */
export class ConfigurationFileError extends ConfigurationError implements FilePosition {
  override readonly path: string;
  readonly file: string;
  readonly line: number | undefined;
  readonly column: number | undefined;

  /** @param got what stands in the file; never what the environment has put in its place */
  constructor(position: FilePosition, path: string, rule: string, ...got: [value?: unknown]) {
    const { file, line, column } = position;
    super(`${line === undefined ? file : `${file}:${line}:${column}`}: ${path}`, rule, ...got);
    this.path = path;
    this.file = file;
    this.line = line;
    this.column = column;
  }
}
