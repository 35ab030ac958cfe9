/** What is asked of a `KubeConfig` of `@kubernetes/client-node`. */
export interface KubeConfigLike {
  // biome-ignore lint/suspicious/noExplicitAny: the optional package's own types
  makeApiClient(api: any): unknown;
  getCurrentContext(): string;
  getContextObject(name: string): { readonly namespace?: string } | null;
}
