/** Callers that ask again as soon as they are answered, until they are stopped. */
export function startLoad(origin: string, callers: number) {
  let running = true;
  const seen = { answered: 0, failed: 0 };
  const call = async () => {
    while (running) {
      const answer = await fetch(`${origin}/prices/42`);
      await answer.text();
      seen.answered++;
      if (!answer.ok) seen.failed++;
    }
  };
  const all = Array.from({ length: callers }, call);
  return {
    seen,
    /** Resolves when so many more have been answered. */
    async answered(count: number): Promise<void> {
      const until = seen.answered + count;
      while (seen.answered < until) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async stop(): Promise<void> {
      running = false;
      await Promise.all(all);
    },
  };
}
