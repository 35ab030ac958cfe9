import type { AddressInfo } from 'node:net';
import { createService } from './service.ts';

/** What the service tells its parent: its port, then what its logger is told. */
export type Told =
  | { readonly port: number }
  | { readonly message: string; readonly details: object };

const tell = (told: Told) => {
  if (process.connected) process.send?.(told);
};
const log = (message: string, details: object = {}) => tell({ message, details });
const [file = '', secrets = ''] = process.argv.slice(2);

const service = await createService(file, secrets, { info: log, warn: log, error: log });
const server = service.app.listen(0, '127.0.0.1', () => {
  tell({ port: (server.address() as AddressInfo).port });
});
const stop = async () => {
  await service.spillway.shutdown({ server });
  if (process.connected) process.disconnect();
};
process.once('SIGTERM', stop);
// It ends with the demo, however that ends.
process.once('disconnect', stop);
