import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { stopTap, tappedBytes, tapRawBody } from './raw-body-tap.ts';

const MIB = 1_048_576;

/** A request of which the parser of Node has read the head. */
function requestWith(headers: Record<string, string>): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  return request;
}

/** The rest of the body comes: these chunks, and its end. */
function receive(request: IncomingMessage, ...chunks: (string | Buffer)[]): void {
  for (const chunk of chunks) request.push(Buffer.from(chunk));
  request.complete = true;
  request.push(null);
}

const chunked = { 'transfer-encoding': 'chunked' };

describe('a tap on a body', () => {
  it('has all of it once it is whole, and leaves it to whoever reads', async () => {
    const request = requestWith({ 'content-length': '6' });
    tapRawBody(request);
    request.push(Buffer.from('abc'));
    expect(tappedBytes(request)).toBeUndefined();
    receive(request, 'def');
    expect(request.readableDidRead).toBe(false);
    expect(String(tappedBytes(request))).toBe('abcdef');
    expect(Buffer.concat(await request.toArray()).toString()).toBe('abcdef');
    expect(String(tappedBytes(request))).toBe('abcdef');
  });

  it('has what came before it', async () => {
    const request = requestWith(chunked);
    request.push(Buffer.from('ab'));
    request.push(Buffer.from('cd'));
    tapRawBody(request);
    receive(request, 'ef');
    expect(request.readableDidRead).toBe(false);
    expect(String(tappedBytes(request))).toBe('abcdef');
    expect(Buffer.concat(await request.toArray()).toString()).toBe('abcdef');
  });

  it('has what came as a whole before it', () => {
    const request = requestWith({ 'content-length': '2' });
    receive(request, 'ab');
    tapRawBody(request);
    expect(String(tappedBytes(request))).toBe('ab');
  });

  it.each<[string, (request: IncomingMessage) => void]>([
    ['in part', (request) => void request.read(1)],
    ['as text', (request) => void request.setEncoding('utf8')],
  ])('has nothing of a body that is being read already, %s', (_, begin) => {
    const request = requestWith(chunked);
    request.push(Buffer.from('ab'));
    begin(request);
    tapRawBody(request);
    receive(request, 'cd');
    expect(tappedBytes(request)).toBeUndefined();
    expect(Object.hasOwn(request, 'push')).toBe(false);
  });

  it('has the bytes of a body that is read as text later', () => {
    const request = requestWith(chunked);
    tapRawBody(request);
    request.setEncoding('utf8');
    receive(request, Buffer.from([0xff]));
    expect(tappedBytes(request)).toEqual(Buffer.from([0xff]));
  });

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['of length 0', { 'content-length': '0' }],
  ])('is not made where there is none: %s', (_, headers) => {
    const request = requestWith(headers);
    tapRawBody(request);
    expect(Object.hasOwn(request, 'push')).toBe(false);
    expect(tappedBytes(request)).toBeUndefined();
  });

  it('has nothing of a body that is not as long as it was said to be', () => {
    const request = requestWith({ 'content-length': '5' });
    tapRawBody(request);
    receive(request, 'abcd');
    expect(tappedBytes(request)).toBeUndefined();
  });

  it('is one, however often it is asked for', () => {
    const request = requestWith(chunked);
    tapRawBody(request);
    tapRawBody(request);
    receive(request, 'ab');
    expect(String(tappedBytes(request))).toBe('ab');
  });

  it.each([
    [16, true],
    [17, false],
  ])('keeps no more than 16 MiB: %i', (mebibytes, kept) => {
    const request = requestWith(chunked);
    request.resume();
    tapRawBody(request);
    const chunk = Buffer.alloc(MIB, 'x');
    receive(request, ...Array.from({ length: mebibytes }, () => chunk));
    expect(tappedBytes(request)?.length).toBe(kept ? mebibytes * MIB : undefined);
  });

  it('that is stopped keeps nothing of a body that is not whole', () => {
    const request = requestWith(chunked);
    tapRawBody(request);
    request.push(Buffer.from('ab'));
    stopTap(request);
    receive(request, 'cd');
    expect(tappedBytes(request)).toBeUndefined();
  });

  it('that is stopped keeps a body that is whole', () => {
    const request = requestWith(chunked);
    tapRawBody(request);
    receive(request, 'ab');
    stopTap(request);
    expect(String(tappedBytes(request))).toBe('ab');
  });

  it('stands in line with another that has taken its place', () => {
    const request = requestWith(chunked);
    tapRawBody(request);
    const push = request.push.bind(request);
    let seen = 0;
    request.push = (chunk, encoding) => {
      seen++;
      return push(chunk, encoding);
    };
    stopTap(request);
    receive(request, 'ab');
    expect(seen).toBe(2);
    expect(tappedBytes(request)).toBeUndefined();
  });
});
