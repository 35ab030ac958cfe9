/** What policies read of a request; `node:http`'s, Express's and Koa's requests are ones. */
export interface RequestView {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
