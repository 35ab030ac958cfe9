import { expect, it } from 'vitest';
import { type SvgChartOptions, svgChart } from './svg-chart.ts';
import { svgSheet } from './svg-sheet.ts';

const options: SvgChartOptions = {
  label: 'requests',
  lines: [{ name: 'all', colour: 'blue', values: [1, 2, 3] }],
  max: 3,
  ticks: [],
  moments: [0, 0.5],
};
const chart = svgChart(options);

it('puts charts below one another, into a picture that needs nothing else', () => {
  const sheet = svgSheet('Both', [
    { title: 'One & all', svg: chart },
    { title: 'Two', svg: chart },
  ]);
  expect(sheet).toContain('xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 548"');
  expect(sheet.match(/<svg y="(\d+)"/g)).toEqual(['<svg y="34"', '<svg y="308"']);
  expect(sheet).toContain('<title>Both</title>');
  expect(sheet).toContain('One &#38; all');
  expect(sheet).toContain('prefers-color-scheme: dark');
  expect(sheet).not.toContain('var(');
});

it('tells the pointer numbers, unless it is to be a picture', () => {
  expect(chart).toContain('<title>all: 2</title>');
  expect(svgChart({ ...options, numbers: false })).not.toContain('hit');
});

it('marks moments at the top of a chart', () => {
  expect(chart).toMatch(/class="moments" d="M44.0 \d+v6M366.0 \d+v6"/);
});
