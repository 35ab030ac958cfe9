import type { Table } from '../tables.ts';

const width = 760;
const labelWidth = 170;
const valueWidth = 90;
const barHeight = 18;
const lineHeight = 26;

/** Bars of processor time per request, a group for each row, readable on light and dark pages. */
export function svgChart(tables: readonly Table[]): string {
  const parts: string[] = [];
  let y = 24;
  for (const { title, lines } of tables) {
    parts.push(`<text x="0" y="${y}" class="title">${escaped(title)}</text>`);
    y += 12;
    const longest = Math.max(...lines.map(({ sample }) => sample?.microsPerRequest ?? 0));
    for (const { contender, sample, own } of lines) {
      if (sample === undefined) continue;
      const length = (sample.microsPerRequest / longest) * (width - labelWidth - valueWidth);
      const middle = y + barHeight - 4;
      parts.push(
        `<text x="${labelWidth - 8}" y="${middle}" text-anchor="end">${escaped(contender)}</text>`,
        `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" class="${own ? 'own' : 'other'}"/>`,
        `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${middle}">${sample.microsPerRequest.toFixed(1)} µs</text>`,
      );
      y += lineHeight;
    }
    y += lineHeight;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}">
<style>
text { font: 13px system-ui, sans-serif; fill: #777 }
.title { font-weight: 600 }
.own { fill: #2a78d6 }
.other { fill: #999 }
</style>
${parts.join('\n')}
</svg>
`;
}

export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
