declare module 'on-finished' {
  import type { ServerResponse } from 'node:http';
  export default function onFinished(
    response: ServerResponse,
    listener: (error: Error | null, response: ServerResponse) => void,
  ): ServerResponse;
}
