import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

/** Debian's; `install-tools.sh` installs it where it is missing. */
const PROGRAM = '/usr/bin/chromium';

export function launchChromium(): Promise<Browser> {
  // Without its sandbox, which a container's root may not have; it sees nothing but these servers.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  return chromium.launch({ executablePath: PROGRAM, args });
}

/** A page, and whatever it complained of. */
export interface Visit {
  readonly page: Page;
  /** Violations of its Content-Security-Policy, errors of its scripts, and what else is on its console. */
  readonly complaints: string[];
}

export type OpenPage = (url: string, options?: BrowserContextOptions) => Promise<Visit>;

/** A browser for the tests of a file; each page has a context of its own, and ends with its test. */
export function withChromium(): OpenPage {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  return async (url, options) => {
    const visit = await openPage(browser, url, options);
    onTestFinished(() => visit.page.context().close());
    return visit;
  };
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const { origin } = new URL(url);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`asks ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** Nothing may be wider than the window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect(wide).toBeLessThanOrEqual(0);
}
