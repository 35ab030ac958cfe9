/** What a path asks for. */
export interface Operation {
  readonly kind: 'chat' | 'embeddings';
  /** As Azure names it in its 429. */
  readonly name: string;
  /** From the path; undefined when the body's `model` names it. */
  readonly deployment: string | undefined;
  readonly apiVersion: string;
}

const KINDS = {
  'chat/completions': { kind: 'chat', name: 'ChatCompletions_Create' },
  embeddings: { kind: 'embeddings', name: 'Embeddings_Create' },
} as const;

const DEPLOYMENT_PATH = /^\/openai\/deployments\/([^/]+)\/(chat\/completions|embeddings)$/;
const PLAIN_PATH = /^(?:\/openai)?(?:\/v1)?\/(chat\/completions|embeddings)$/;

/** Undefined for every other path, and for a deployment's path without `api-version`, as Azure's 404. */
export function operationOf(method: string, url: string): Operation | undefined {
  if (method !== 'POST') return undefined;
  const { pathname, searchParams } = new URL(url, 'http://simulator');
  const apiVersion = searchParams.get('api-version');
  const deployment = DEPLOYMENT_PATH.exec(pathname);
  if (deployment) {
    if (!apiVersion) return undefined;
    const kind = KINDS[deployment[2] as keyof typeof KINDS];
    return { ...kind, deployment: decodeURIComponent(deployment[1] as string), apiVersion };
  }
  const plain = PLAIN_PATH.exec(pathname);
  if (!plain) return undefined;
  const kind = KINDS[plain[1] as keyof typeof KINDS];
  return { ...kind, deployment: undefined, apiVersion: apiVersion ?? 'v1' };
}
