const LIGHT = {
  ink: '#1c2430',
  soft: '#5c6675',
  page: '#fff',
  grid: '#e3e7ec',
  blue: '#1f6fd6',
  orange: '#c2570c',
  grey: '#4b5666',
  red: '#b3261e',
  good: '#1b7f3b',
};
const DARK: typeof LIGHT = {
  ink: '#e6e9ee',
  soft: '#9aa5b4',
  page: '#12161c',
  grid: '#2a313b',
  blue: '#6aa8ff',
  orange: '#ff9d57',
  grey: '#b7c1cf',
  red: '#ff8a80',
  good: '#6fd08c',
};

/** Light or dark, as the reader has it. */
export const COLOURS = `
:root { color-scheme: light dark; ${properties(LIGHT)} }
@media (prefers-color-scheme: dark) { :root { ${properties(DARK)} } }`;

/** What the classes of an SVG chart look like. */
export const CHART_STYLE = `text { font: 12px system-ui, sans-serif; fill: var(--soft); } .mid { text-anchor: middle; }
.end { text-anchor: end; } .grid { stroke: var(--grid); } .hit { fill: transparent; }
.hit:hover { fill: var(--grid); fill-opacity: .5; } .moments { stroke: var(--red); stroke-opacity: .6; }
.marker { stroke: var(--soft); stroke-dasharray: 2 3; } .ruler { stroke: var(--blue); stroke-dasharray: 6 4; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .area { fill-opacity: .1; }
.line.blue { stroke: var(--blue); } .line.orange { stroke: var(--orange); } .line.grey { stroke: var(--grey); }
.line.red { stroke: var(--red); } .area.blue, .name.blue { fill: var(--blue); }
.area.orange, .name.orange { fill: var(--orange); } .area.grey, .name.grey { fill: var(--grey); }
.area.red, .name.red { fill: var(--red); } .name { font-weight: 600; }`;

/** The style for both, for programs that draw SVG and know no custom properties. */
export function withoutProperties(style: string): string {
  const inColours = (palette: typeof LIGHT) =>
    style.replace(/var\(--(\w+)\)/g, (_, name: keyof typeof LIGHT) => palette[name]);
  return `${inColours(LIGHT)}\n@media (prefers-color-scheme: dark) { ${inColours(DARK)} }`;
}

function properties(palette: typeof LIGHT): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}
