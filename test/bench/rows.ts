/** One workload: what each of the connections asks for, over and over. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** As the backend sees it; contenders answer below `/api`. */
  readonly path: string;
  readonly body?: string;
  /** How many connections ask at once; {@link defaultConnections} unless told otherwise. */
  readonly connections?: number;
  /** No goal depends closely on it: the last generation of servers runs it, for fewer rounds. */
  readonly brief?: true;
}

export const defaultConnections = 50;

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
    name: 'alone',
    title: 'GET, 1.2 KB of JSON, one connection',
    method: 'GET',
    path: '/v1/chat/completions',
    connections: 1,
    brief: true,
  },
  {
    name: 'queue',
    title: 'GET, 1.2 KB of JSON a turn later, 64 connections',
    method: 'GET',
    path: '/v1/chat/completions',
    connections: 64,
    brief: true,
  },
  {
    name: 'stream',
    title: 'POST of 600 bytes, 20 server-sent events, one a millisecond',
    method: 'POST',
    path: '/v1/stream',
    body: chatRequest,
    brief: true,
  },
  {
    name: 'large',
    title: 'GET, 100 KiB',
    method: 'GET',
    path: '/v1/large',
    brief: true,
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
