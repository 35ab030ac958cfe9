import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runDemo as runDemoOf } from '@spillway/test/support/demo.ts';
import { expect, it } from 'vitest';
import type { Result } from './checks.ts';
import { summaryOf } from './summary.ts';

const runDemo = (...flags: string[]) => runDemoOf(import.meta.dirname, ...flags);

const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');

it('serves from the other server what one refuses, cuts off or is to give up', async () => {
  const { code, output, errors } = await runDemo('--json');
  expect(errors).toBe('');
  const result = JSON.parse(output) as Result;
  expect(result.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(result.checks).toHaveLength(6);
  expect(code).toBe(0);

  const sockets = ({ openAtA, openAtB }: { openAtA: number; openAtB: number }) => [
    openAtA,
    openAtB,
  ];
  expect(result.before.chat.map(sockets)).toEqual([
    [6, 0],
    [0, 0],
    [6, 0],
    [0, 0],
    [6, 0],
  ]);
  expect(result.after.chat.map(sockets)).toEqual([
    [3, 3],
    [0, 6],
    [3, 3],
    [0, 6],
    [3, 3],
  ]);
  expect(result.after.drain.map(sockets)).toEqual([
    [3, 3],
    [4, 2],
    [5, 1],
    [6, 0],
  ]);

  const lines = summaryOf(result).split('\n').map(stripVTControlCharacters);
  expect(lines).toContain('  turned away from the chat                 12         0');
  expect(lines).toContain('  ben comes again                            4         2   360/360');
});

it('differs before and after in an import and one line', async () => {
  const linesOf = async (name: string) => {
    const lines = (await read(name)).split('\n');
    const imports = lines.filter((line) => line.startsWith('import '));
    return { imports, rest: lines.filter((line) => !imports.includes(line)) };
  };
  const before = await linesOf('before.ts');
  const after = await linesOf('after.ts');
  expect(after.rest).toHaveLength(before.rest.length);
  const changed = after.rest.filter((line, at) => line !== before.rest[at]);
  expect(changed).toEqual(['  const proxy = createPoolProxyMiddleware(chat.pool, options);']);
  expect(after.imports).toHaveLength(before.imports.length);
  const imported = after.imports.filter((line) => !before.imports.includes(line));
  expect(imported).toEqual([
    "import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';",
  ]);
});

it('tells what is wrong in one line, and starts nothing', async () => {
  const { code, output, errors } = await runDemo('--speed', '2');
  expect(errors).toMatch(/^Unknown option '--speed'.*\n$/);
  expect(output).toBe('');
  expect(code).toBe(2);
});

it('shows in its README what it runs', async () => {
  const page = await read('README.md');
  for (const name of ['after.ts', 'chat.ts']) {
    expect(page).toContain(`\`\`\`ts\n${await read(name)}\`\`\``);
  }
});
