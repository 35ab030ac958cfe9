import { CHART_STYLE, COLOURS } from './chart-style.ts';

/** A claim of an example, and whether its run bears it out. */
export interface Check {
  readonly claim: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** One HTML page with its charts inside: nothing is loaded, and it follows the reader's light or dark. */
export function pageOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`;
}

export function checkList(checks: readonly Check[]): string {
  const items = checks.map(
    ({ claim, passed, detail }) =>
      `<li class="${passed ? 'passed' : 'failed'}">${passed ? '✓' : '✗'} ${escapeHtml(claim)}` +
      `<small>${escapeHtml(detail)}</small></li>`,
  );
  return `<ul class="checks">${items.join('')}</ul>`;
}

export function figure(title: string, caption: string, svg: string): string {
  return `<figure><h2>${title}</h2><figcaption>${caption}</figcaption>${svg}</figure>`;
}

/** Details may hold an error's text. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `${COLOURS}
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 800px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.6rem; margin: 0 0 .3em; } h2 { font-size: 1.05rem; margin: 0; }
p, figcaption, small { color: var(--soft); } figcaption, small { font-size: .85rem; }
figure { margin: 32px 0 0; } svg { display: block; width: 100%; height: auto; margin-top: 6px; }
.checks { list-style: none; padding: 0; } .checks li { margin: .4em 0; }
.checks small { display: block; margin-left: 1.3em; }
.passed::first-letter { color: var(--good); } .failed { color: var(--red); }
@media (max-width: 600px) { figure { overflow-x: auto; } svg { min-width: 600px; } }
${CHART_STYLE}
table { border-collapse: collapse; margin-top: 32px; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; } td, tr:first-child th { text-align: right; }
th, td { padding: .3em .5em; border-bottom: 1px solid var(--grid); }
`;
