/** A chat completion of about 1.2 KB, as a model deployment answers it. */
export const completion = {
  id: 'chatcmpl-b1946ac92492d2347c6235b4d2611184',
  object: 'chat.completion',
  created: 1_751_328_000,
  model: 'gpt-4.1-mini-2025-04-14',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content:
          'A spillway lets water past a dam in a controlled way when the reservoir is full. It is ' +
          'dimensioned for the largest flood that is to be expected, and it is there so that the ' +
          'dam itself is never overtopped. Most of them have gates: with the gates closed the ' +
          'reservoir keeps its level, and with the gates open the water that cannot be held runs ' +
          'down a chute into a basin that takes its energy away before it reaches the river. ' +
          'A second, emergency spillway is often cut into the rock beside it; it is higher, is ' +
          'used only when the first one cannot take more, and may be damaged when it is used.',
        refusal: null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 118,
    completion_tokens: 131,
    total_tokens: 249,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  },
  service_tier: 'default',
  system_fingerprint: 'fp_6f2eabb9a5',
};

/** Events of a streamed chat completion, each written on its own. */
export const events: readonly string[] = Array.from({ length: 20 }, (_, index) => {
  const delta = { index: 0, delta: { content: ` token-${index}` }, finish_reason: null };
  const { id, created, model } = completion;
  return `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices: [delta] })}\n\n`;
});

/** 100 KiB that do not look alike to anything that compresses or compares. */
export const large = Buffer.from(
  Array.from({ length: 100 * 1024 }, (_, index) => (index * 7919 + (index >> 8)) & 0xff),
);
