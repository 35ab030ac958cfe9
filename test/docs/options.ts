/** The options that a call knows, as the error for one that it does not know lists them. */
export function optionsOf(call: (unknown: object) => unknown): string[] {
  try {
    // Far from every option, so that none is suggested.
    call({ Zz: 1 });
  } catch (error) {
    const list = /the options are: (.*)$/.exec((error as Error).message)?.[1];
    if (list !== undefined) return list.split(', ');
  }
  throw new Error('the unknown option was not refused');
}
