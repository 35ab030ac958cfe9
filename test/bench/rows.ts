/** One workload: what each of the connections asks for, over and over. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** As the backend sees it; contenders answer below `/api`. */
  readonly path: string;
  readonly body?: string;
  /** No goal depends on it: the quick run leaves it out, the full run gives it fewer rounds. */
  readonly informative?: true;
}

/** A chat request of exactly 600 bytes. */
const chatRequest = chatRequestOf(600);

export const rows: readonly Row[] = [
  {
    name: 'get',
    title: 'GET, 1.2 KB of JSON',
    method: 'GET',
    path: '/v1/chat/completions',
  },
  {
    name: 'post',
    title: 'POST of 600 bytes, 1.2 KB of JSON',
    method: 'POST',
    path: '/v1/chat/completions',
    body: chatRequest,
  },
  {
    name: 'stream',
    title: 'POST of 600 bytes, 20 server-sent events, one a millisecond',
    method: 'POST',
    path: '/v1/stream',
    body: chatRequest,
    informative: true,
  },
  {
    name: 'large',
    title: 'GET, 100 KiB',
    method: 'GET',
    path: '/v1/large',
    informative: true,
  },
];

function chatRequestOf(bytes: number): string {
  const request = (question: string) =>
    JSON.stringify({
      model: 'gpt-4.1-mini',
      temperature: 0.2,
      messages: [
        { role: 'system', content: 'You answer questions about dams, briefly and correctly.' },
        { role: 'user', content: question },
      ],
    });
  const question = 'What is a spillway for? ';
  return request(question.padEnd(bytes - request('').length, question));
}
