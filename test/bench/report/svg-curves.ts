import type { CurveFigures } from '../curve-figures.ts';
import { scaleOf, shown, unitOf } from './scale.ts';
import { escaped } from './svg.ts';

const width = 760;
const left = 80;
const right = 190;
const height = 200;
const nameGap = 16;
const colours = ['#2a78d6', '#c2570c', '#1b7f3b', '#8a3ffc', '#777', '#b3261e'];

/** A picture for each curve, below one another; readable on light and dark pages. */
export function svgCurves(curves: readonly CurveFigures[]): string {
  const parts: string[] = [];
  let y = 24;
  for (const curve of curves) {
    parts.push(
      `<text x="0" y="${y}" class="title">${escaped(curve.title)}</text>`,
      `<g transform="translate(0 ${y + 20})">${drawn(curve).join('\n')}</g>`,
    );
    y += height + 84;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}">
<style>
text { font: 13px system-ui, sans-serif; fill: #777 }
.title { font-weight: 600 }
.axis { stroke: #999; fill: none }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
</style>
${parts.join('\n')}
</svg>
`;
}

function drawn(curve: CurveFigures): string[] {
  const scale = scaleOf(curve);
  if (scale === undefined) return [];
  const { labels, series, unit, pointTitle } = curve;
  const step = (width - left - right) / Math.max(1, labels.length - 1);
  const x = (point: number) => (left + point * step).toFixed(1);
  const y = (value: number) => height * (1 - scale.shareOf(value));
  const parts = [
    `<path class="axis" d="M${left} 0V${height}H${width - right}"/>`,
    `<text x="${left - 8}" y="12" text-anchor="end">${shown(scale.top)}</text>`,
    `<text x="${left + 8}" y="12">${unitOf(curve, scale)}</text>`,
    `<text x="${left - 8}" y="${height}" text-anchor="end">${shown(scale.bottom)}</text>`,
    ...labels.map(
      (label, point) =>
        `<text x="${x(point)}" y="${height + 18}" text-anchor="middle">${escaped(label)}</text>`,
    ),
    `<text x="${width - right + 30}" y="${height + 18}">${escaped(pointTitle)}</text>`,
  ];
  let lowestName = Number.POSITIVE_INFINITY;
  const byLastValue = [...series.entries()].sort(
    ([, one], [, other]) => (one.values.at(-1) ?? 0) - (other.values.at(-1) ?? 0),
  );
  for (const [index, { name, values }] of byLastValue) {
    const colour = colours[index % colours.length];
    const points = values.flatMap((value, point) =>
      value === undefined
        ? []
        : [{ at: x(point), y: y(value), label: `${labels[point]}: ${shown(value)}` }],
    );
    const path = points.map((point) => `${point.at},${point.y.toFixed(1)}`).join(' ');
    parts.push(`<polyline class="line" stroke="${colour}" points="${path}"/>`);
    for (const point of points) {
      parts.push(
        `<circle cx="${point.at}" cy="${point.y.toFixed(1)}" r="3" fill="${colour}">` +
          `<title>${escaped(`${name}, ${point.label} ${unit}`)}</title></circle>`,
      );
    }
    // From the lowest upwards, so that names of lines that end close together do not overlap.
    lowestName = Math.min(points.at(-1)?.y ?? height, lowestName - nameGap);
    parts.push(
      `<text x="${width - right + 8}" y="${(lowestName + 4).toFixed(1)}" style="fill:${colour}">${escaped(name)}</text>`,
    );
  }
  return parts;
}
