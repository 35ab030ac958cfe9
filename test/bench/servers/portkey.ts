import { type AddressInfo, Server } from 'node:net';
import { backendUrl, report } from './serve.ts';

const { listen } = Server.prototype;

/** It has no option for its address, and takes one port for all: it gets a free one on loopback. */
Server.prototype.listen = function listenOnLoopback(this: Server) {
  return Reflect.apply(listen, this, [
    { host: '127.0.0.1', port: 0 },
    () => report((this.address() as AddressInfo).port, { mount: '', headers: routing }),
  ]);
};

/** How a request tells the gateway where it goes. */
const routing = {
  authorization: 'Bearer key-of-ptu1',
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': `${backendUrl()}/v1`,
};

process.argv.push('--headless');
// @ts-expect-error It is a program, without types.
await import('@portkey-ai/gateway/build/start-server.js');
