/** Classes of the page's style. */
export type LineColour = 'blue' | 'orange' | 'grey' | 'red';

export interface Line {
  readonly name: string;
  readonly colour: LineColour;
  readonly values: readonly number[];
}

export interface SvgChartOptions {
  /** Read out in place of the picture. */
  readonly label: string;
  readonly lines: readonly Line[];
  readonly max: number;
  /** Labels below, by their share of the width. */
  readonly ticks: readonly (readonly [share: number, label: string])[];
  readonly marker?: { readonly share: number; readonly label: string };
  /** Moments at which something happened, by their share of the width. */
  readonly moments?: readonly number[];
  readonly ruler?: { readonly value: number; readonly label: string };
  /**
   * Whether the pointer is told numbers, which it never is where the chart is shown as a picture.
   * @defaultValue true
   */
  readonly numbers?: boolean;
}

export const WIDTH = 760;
export const HEIGHT = 240;
const LEFT = 44;
const RIGHT = 72;
const TOP = 22;
const BOTTOM = 26;
const GRID_LINES = 3;
const LABEL_GAP = 14;

/** Lines over time with a name at the end of each; every bucket tells its numbers under the pointer. */
export function svgChart(options: SvgChartOptions): string {
  const { label, lines, max, ticks, marker, moments = [], ruler, numbers = true } = options;
  const x = (share: number) => LEFT + share * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / max) * (HEIGHT - TOP - BOTTOM);
  const parts: string[] = [];

  for (let index = 0; index <= GRID_LINES; index += 1) {
    const value = (max * index) / GRID_LINES;
    const at = y(value).toFixed(1);
    parts.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`);
    parts.push(
      `<text class="end" x="${LEFT - 8}" y="${at}" dy=".32em">${Math.round(value)}</text>`,
    );
  }
  for (const [share, text] of ticks) {
    parts.push(`<text class="mid" x="${x(share).toFixed(1)}" y="${HEIGHT - 6}">${text}</text>`);
  }
  if (moments.length > 0) {
    const path = moments.map((share) => `M${x(share).toFixed(1)} ${TOP - 6}v6`);
    parts.push(`<path class="moments" d="${path.join('')}"/>`);
  }
  if (marker) {
    const at = x(marker.share).toFixed(1);
    parts.push(
      `<line class="marker" x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${HEIGHT - BOTTOM}"/>`,
      `<text class="mid" x="${at}" y="${TOP - 10}">${marker.label}</text>`,
    );
  }
  if (ruler) {
    const at = y(ruler.value).toFixed(1);
    parts.push(
      `<line class="ruler" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`,
      `<text x="${LEFT + 6}" y="${at}" dy="-.4em">${ruler.label}</text>`,
    );
  }

  let lowestName = Number.POSITIVE_INFINITY;
  const byLastValue = [...lines].sort((one, other) => last(one) - last(other));
  for (const { name, colour, values } of byLastValue) {
    const share = (index: number) => (index + 0.5) / values.length;
    const points = values.map(
      (value, index) => `${x(share(index)).toFixed(1)},${y(value).toFixed(1)}`,
    );
    const base = y(0);
    const area = `${x(share(0))},${base} ${points.join(' ')} ${x(share(values.length - 1))},${base}`;
    parts.push(`<polygon class="area ${colour}" points="${area}"/>`);
    parts.push(`<polyline class="line ${colour}" points="${points.join(' ')}"/>`);
    // From the lowest upwards, so that names of lines that end close together do not overlap.
    lowestName = Math.min(y(last({ values })), lowestName - LABEL_GAP);
    const at = lowestName.toFixed(1);
    parts.push(
      `<text class="name ${colour}" x="${WIDTH - RIGHT + 6}" y="${at}" dy=".32em">${name}</text>`,
    );
  }

  const buckets = numbers ? (lines[0]?.values.length ?? 0) : 0;
  for (let index = 0; index < buckets; index += 1) {
    const from = x(index / buckets);
    const width = x((index + 1) / buckets) - from;
    const told = lines.map(({ name, values }) => `${name}: ${Math.round(values[index] ?? 0)}`);
    parts.push(
      `<rect class="hit" x="${from.toFixed(1)}" y="${TOP}" width="${width.toFixed(1)}" ` +
        `height="${HEIGHT - TOP - BOTTOM}"><title>${told.join('\n')}</title></rect>`,
    );
  }
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${parts.join('')}</svg>`;
}

function last({ values }: Pick<Line, 'values'>): number {
  return values.at(-1) ?? 0;
}
