/** Where Spillway tells what an operator should know: a trip, a recovery. `console` is one. */
export interface Logger {
  info(message: string, details?: object): void;
  warn(message: string, details?: object): void;
  error(message: string, details?: object): void;
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/** A logger whose failures are nobody else's: there is nowhere left to tell of them. */
export function unfailing(logger: Logger): Logger {
  const quietly =
    (level: keyof Logger) =>
    (message: string, details?: object): void => {
      try {
        logger[level](message, details);
      } catch {
        // What would be told of it would go the same way.
      }
    };
  return { info: quietly('info'), warn: quietly('warn'), error: quietly('error') };
}
