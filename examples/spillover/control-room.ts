import { randomBytes, timingSafeEqual } from 'node:crypto';
import { dashboard } from '@spillway/dashboard';
import type { Spillway } from '@spillway/express';
import type { Express, Request } from 'express';

const COOKIE = 'control-room-key';

/**
 * A control room for whoever has been told its address, which has a key of this run in it. The key
 * moves from the address into a cookie that no script reads and no other site can send.
 *
 * @returns the address to visit first, below the application's own
 */
export function mountControlRoom(app: Express, spillway: Spillway): string {
  const key = randomBytes(24).toString('base64url');

  app.get('/control-room', (req, res) => {
    if (!isKey(String(req.query.key), key)) {
      res.status(403).type('text').send('The control room has another key.\n');
      return;
    }
    res.cookie(COOKIE, key, { httpOnly: true, sameSite: 'strict', path: '/spillway' });
    res.redirect(303, '/spillway/');
  });

  app.use(
    '/spillway',
    dashboard(spillway, {
      authorize: (req) =>
        isKey(cookieOf(req), key) ? { name: 'you', role: 'operator' } : undefined,
    }),
  );
  return `/control-room?key=${key}`;
}

function cookieOf({ headers }: Request): string {
  const cookies = headers.cookie?.split('; ') ?? [];
  return cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? '';
}

function isKey(given: string, key: string): boolean {
  const bytes = Buffer.from(given);
  return bytes.length === key.length && timingSafeEqual(bytes, Buffer.from(key));
}
