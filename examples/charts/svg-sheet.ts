import { CHART_STYLE, withoutProperties } from './chart-style.ts';
import { escapeHtml } from './page.ts';
import { HEIGHT, WIDTH } from './svg-chart.ts';

const TITLE_HEIGHT = 34;
const STYLE = withoutProperties(
  `${CHART_STYLE} .title { font-size: 15px; font-weight: 600; fill: var(--ink); } .page { fill: var(--page); }`,
);

/** Charts one below the other, in one file that a page can show as a picture. */
export function svgSheet(
  label: string,
  charts: readonly { readonly title: string; readonly svg: string }[],
): string {
  const step = TITLE_HEIGHT + HEIGHT;
  const height = step * charts.length;
  const parts = charts.map(({ title, svg }, index) => {
    const place = `<svg y="${index * step + TITLE_HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`;
    return (
      `<text class="title" x="8" y="${index * step + 22}">${escapeHtml(title)}</text>` +
      svg.replace('<svg', place)
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escapeHtml(label)}</title>
<style>${STYLE}</style>
<rect class="page" width="100%" height="100%"/>
${parts.join('\n')}
</svg>
`;
}
