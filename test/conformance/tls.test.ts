import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { answers, startBackend } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { makeCertificate } from '../support/certificate.ts';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress } from '../support/hpm-host.ts';
import { serve } from '../support/serve.ts';
import { describeTransport } from './describe-transport.ts';

const certificate = makeCertificate();
const plain = expressHost(express);
const ways = [
  ['Express 5', { ...plain, certificate }],
  ['Express 5 through http-proxy-middleware', { ...hpmOnExpress(plain), certificate }],
] as const;

// As NODE_EXTRA_CA_CERTS does.
setDefaultCACertificates([...getCACertificates(), String(certificate.cert)]);

describe.each(ways)('%s before backends that speak TLS', (_name, host) => {
  describeTransport(host);

  it('asks one after another on one connection', async () => {
    const { origin, backends } = await serve(host, { backends: { only: answers(200, 'ok') } });
    for (let request = 0; request < 5; request++) {
      expect((await call(origin, '/')).text).toBe('ok');
    }
    expect(backends.only.sockets.size).toBe(1);
    expect(backends.only.received.every(({ wire }) => backends.only.sockets.has(wire))).toBe(true);
  });

  it('takes a backend that nobody vouches for as one that cannot be reached', async () => {
    const stranger = await startBackend(answers(200, 'a stranger'), makeCertificate());
    const { origin, pool } = await serve(host, {
      backends: { first: answers(200), next: answers(200, 'next') },
      each: {
        first: { url: stranger.url, breaker: { failureCount: 2, tripDurationMs: 60_000 } },
      },
    });
    const trips: unknown[] = [];
    pool.on('trip', ({ statusCode, reason }) => trips.push([statusCode, reason]));
    for (let request = 0; request < 3; request++) {
      expect((await call(origin, '/', { method: 'POST', body: 'secret' })).text).toBe('next');
    }
    expect(stranger.received).toEqual([]);
    expect(pool.status().backends[0]).toMatchObject({ breaker: { state: 'open' } });
    expect(trips).toEqual([[undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT']]);
  });

  it('tells the caller that the only backend cannot be reached', async () => {
    const stranger = await startBackend(answers(200, 'a stranger'), makeCertificate());
    const { origin } = await serve(host, {
      backends: { only: answers(200) },
      each: { only: { url: stranger.url } },
    });
    const { status, text } = await call(origin, '/');
    const detail = 'no connection to the backend could be made';
    expect([status, JSON.parse(text)]).toMatchObject([502, { code: 'bad_gateway', detail }]);
    expect(stranger.received).toEqual([]);
  });
});
