const PRINT_MS = 1_000;

/** Redraws one line on a terminal; elsewhere, in a log, prints one now and then. */
export function liveLine(out: NodeJS.WriteStream, title: string) {
  let nextAt = 0;
  return {
    show(text: string): void {
      const line = `  ${title.padEnd(8)}${text}`;
      if (out.isTTY) out.write(`\r\x1b[2K${line}`);
      else if (performance.now() >= nextAt) {
        nextAt = performance.now() + PRINT_MS;
        out.write(`${line}\n`);
      }
    },
    end(): void {
      if (out.isTTY) out.write('\r\x1b[2K');
    },
  };
}
