import { dashboard } from '@spillway/dashboard';
import { createSpillway } from '@spillway/express';
import { call } from '@spillway/test/support/caller.ts';
import { expressHost } from '@spillway/test/support/express-host.ts';
import express from 'express';
import { expect, it } from 'vitest';
import { startControlRoom } from '../dashboard/control-room.ts';
import { codeOf, read, rowsOf, sectionOf } from './markdown.ts';
import { optionsOf } from './options.ts';

const page = read('packages/dashboard/README.md');

interface OpenApi {
  readonly paths: Record<string, Record<string, { readonly responses?: object }>>;
  readonly components: {
    readonly schemas: { readonly Problem: { properties: { code: { enum: string[] } } } };
  };
}

async function described(): Promise<OpenApi> {
  const { get } = await startControlRoom(expressHost(express));
  return (await get('/openapi.json')).json() as unknown as OpenApi;
}

it('tables the options with their defaults', async () => {
  const section = sectionOf(page, '## `dashboard(spillway, options)`');
  const rows = rowsOf(section, 'option');
  const names = optionsOf((wrong) => dashboard(createSpillway(), wrong as never));
  expect(rows.map(([name]) => codeOf(name)).sort()).toEqual(names.sort());
  const defaultOf = (option: string) =>
    Number(codeOf(rows.find(([name]) => codeOf(name) === option)?.[2]).replaceAll('_', ''));
  const room = await startControlRoom(expressHost(express));
  const large = (bytes: number) =>
    room.change('PUT', '/pools/chat/traffic', `"${'x'.repeat(bytes - 2)}"`);
  const maxBodyBytes = defaultOf('maxBodyBytes');
  expect((await large(maxBodyBytes)).status).toBe(422);
  expect((await large(maxBodyBytes + 1)).status).toBe(413);
  const changes = defaultOf('maxChangesPerMinute');
  // Those two were some, too.
  for (let change = 2; change < changes; change++) await large(10);
  expect((await large(10)).status).toBe(429);
});

it('tables the paths that there are', async () => {
  const section = sectionOf(page, '## The API');
  const tabled = [...rowsOf(section), ...rowsOf(section, 'change')].map(([name]) => codeOf(name));
  const { paths } = await described();
  const methods = ['get', 'put', 'post'] as const;
  const there = Object.entries(paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(tabled.sort()).toEqual(there.sort());
});

it('tables the problems with their statuses', async () => {
  const rows = rowsOf(sectionOf(page, '### Problems'), 'code');
  const { paths, components } = await described();
  const codes = components.schemas.Problem.properties.code.enum;
  expect(rows.map(([code]) => codeOf(code))).toEqual(codes);
  const responses = Object.values(paths).flatMap((item) =>
    Object.values(item).flatMap((operation) => Object.entries(operation.responses ?? {})),
  );
  for (const [code, status] of rows) {
    if (codeOf(code) === 'method_not_allowed') continue;
    const statuses = responses.filter(([, each]) =>
      JSON.stringify(each).includes(`"${codeOf(code)}"`),
    );
    expect([code, ...new Set(statuses.map(([each]) => each))]).toEqual([code, status]);
  }
});

it('shows the answer of a change as it is', async () => {
  const room = await startControlRoom(expressHost(express));
  const [, json = ''] = /```json\n(.*?)```/s.exec(sectionOf(page, '## The API')) ?? [];
  const shown = JSON.parse(json);
  for (let request = 0; request < 24; request++) await call(room.origin, '/chat/');
  room.clock.advance(1_000);
  const answer = await room.change('PUT', '/pools/chat/traffic?dryRun=true', shown.after);
  expect(answer.json()).toEqual({ ...shown, by: 'operator ann' });
});
