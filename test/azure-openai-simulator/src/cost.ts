import type { Operation } from './operation.ts';

/** The parts of a request body that matter here; whatever else it holds is ignored. */
export interface RequestBody {
  readonly model?: string;
  readonly messages?: readonly { readonly content?: unknown }[];
  readonly input?: unknown;
  readonly max_tokens?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  readonly encoding_format?: 'float' | 'base64';
}

/** Charged for a completion that names no maximum, as the public simulator of the service does. */
export const DEFAULT_CHARGED_TOKENS = 16;

/** About four characters to a token. */
export function estimateTokens(value: unknown): number {
  if (typeof value === 'string') return Math.ceil(value.length / 4);
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === 'number') // an input given as token numbers
      ? value.length
      : value.reduce<number>((sum, item) => sum + estimateTokens(item), 0);
  }
  if (value && typeof value === 'object' && 'text' in value) return estimateTokens(value.text);
  return 0;
}

/** The prompt's tokens: every message, or an embedding's input. */
export function promptTokensOf(operation: Operation, body: RequestBody): number {
  if (operation.kind === 'embeddings') return estimateTokens(body.input);
  return (body.messages ?? []).reduce((sum, { content }) => sum + estimateTokens(content), 0);
}

export function maxTokensOf(body: RequestBody): number | undefined {
  return body.max_completion_tokens ?? body.max_tokens ?? undefined;
}

/** What the quota is charged: the prompt and what the request may at most produce. */
export function costOf(operation: Operation, body: RequestBody): number {
  const prompt = promptTokensOf(operation, body);
  if (operation.kind === 'embeddings') return prompt;
  return prompt + (maxTokensOf(body) ?? DEFAULT_CHARGED_TOKENS);
}
