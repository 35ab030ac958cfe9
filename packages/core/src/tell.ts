/**
 * Calls a listener in the middle of something that must not be left half done: what the listener
 * throws becomes an uncaught exception of its own, and no request's failure.
 */
export function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
