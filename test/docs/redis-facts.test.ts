import { redisCoordinator } from '@spillway/redis';
import { expect, it } from 'vitest';
import { codeOf, read, rowsOf, sectionOf } from './markdown.ts';
import { optionsOf } from './options.ts';

it('tables the options of redisCoordinator', () => {
  const section = sectionOf(read('packages/redis/README.md'), '### `redisCoordinator(options)`');
  const documented = rowsOf(section, 'option').map(([name]) => codeOf(name));
  const names = optionsOf((wrong) => redisCoordinator(wrong as never));
  expect(documented.sort()).toEqual(names.sort());
});
