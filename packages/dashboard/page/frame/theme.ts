import { signal } from '@preact/signals';

/** `system` follows the browser. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'spillway-theme';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

const dark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(dark.matches);
dark.addEventListener('change', ({ matches }) => {
  systemIsDark.value = matches;
});

export const chosenTheme = signal<Theme>(storedTheme());

/** What is shown: charts are drawn anew when it changes. */
export const theme = signal<'light' | 'dark'>('light');

/** Puts the theme on the document, now and whenever it changes. */
export function applyTheme(): void {
  const chosen = chosenTheme.value;
  const shown = chosen === 'system' ? (systemIsDark.value ? 'dark' : 'light') : chosen;
  document.documentElement.dataset.theme = shown;
  theme.value = shown;
}

export function chooseTheme(chosen: Theme): void {
  chosenTheme.value = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // A browser that stores nothing shows it until the page is closed.
  }
}

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY) as Theme;
    return THEMES.includes(stored) ? stored : 'system';
  } catch {
    return 'system';
  }
}
