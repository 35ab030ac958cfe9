import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsIn, copiesIn, read, relativeLinksIn, root, shownOf } from './markdown.ts';

const packages = readdirSync(join(root, 'packages'));
const readmesIn = (folder: string) =>
  readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}/README.md`)
    .filter((page) => existsSync(join(root, page)));
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readmesIn('examples'),
  ...readmesIn('test'),
  ...packages.map((name) => `packages/${name}/README.md`),
];

describe.each(pages)('%s', (page) => {
  const markdown = read(page);

  it('shows code as it stands in its file', () => {
    for (const { path, text } of copiesIn(markdown)) {
      const file = existsSync(join(root, path)) ? path : join(dirname(page), path);
      expect(text, path).toBe(shownOf(read(file)));
    }
  });

  it('has only links that lead somewhere', () => {
    for (const link of relativeLinksIn(markdown)) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(root, join(root, dirname(page), path));
      expect(existsSync(join(root, target)), link).toBe(true);
      if (anchor !== undefined) expect(anchorsIn(read(target)), link).toContain(anchor);
    }
  });
});

it('shows every recipe, and the quick start', () => {
  const isRecipe = (name: string) =>
    name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'serve-recipe.ts';
  const recipes = readdirSync(join(root, 'examples/recipes')).filter(isRecipe);
  const shown = copiesIn(read('README.md')).map(({ path }) => path);
  expect(shown.sort()).toEqual(
    [
      'examples/quick-start/app.ts',
      'examples/quick-start/koa-app.ts',
      ...recipes.map((name) => `examples/recipes/${name}`),
    ].sort(),
  );
  for (const name of recipes) {
    const test = `examples/recipes/${name.replace('.ts', '.test.ts')}`;
    expect(existsSync(join(root, test)), `${test} runs the recipe`).toBe(true);
  }
});
