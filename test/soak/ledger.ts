import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const RECORD_BYTES = 8;

/**
 * Notes on requests in a file: for each its id and two small numbers. What is written at once is
 * kept when the process is killed a moment later.
 */
export class Ledger {
  readonly #file: number;
  readonly #buffer: Buffer;
  #used = 0;

  /** @param records how many are gathered before they are written; 1 writes each at once */
  constructor(path: string, records: number) {
    this.#file = openSync(path, 'a');
    this.#buffer = Buffer.alloc(records * RECORD_BYTES);
  }

  note(id: number, first: number, second: number): void {
    this.#buffer.writeUInt32LE(id, this.#used);
    this.#buffer.writeUInt16LE(first, this.#used + 4);
    this.#buffer.writeUInt16LE(second, this.#used + 6);
    this.#used += RECORD_BYTES;
    if (this.#used === this.#buffer.length) this.#write();
  }

  close(): void {
    if (this.#used > 0) this.#write();
    closeSync(this.#file);
  }

  #write(): void {
    writeSync(this.#file, this.#buffer, 0, this.#used);
    this.#used = 0;
  }
}

/** Calls back for each record of a {@link Ledger}, in order. */
export function readLedger(
  path: string,
  each: (id: number, first: number, second: number) => void,
): void {
  const bytes = readFileSync(path);
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    each(bytes.readUInt32LE(at), bytes.readUInt16LE(at + 4), bytes.readUInt16LE(at + 6));
  }
}
