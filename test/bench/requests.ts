export const chatPath = '/v1/chat/completions';

/** A chat request of exactly 600 bytes. */
export const chatRequest = chatRequestOf(600);

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
