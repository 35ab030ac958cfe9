const shownAs = new WeakMap<URL, string>();

/**
 * Has the URL shown as this text, in `status()` and wherever it would be shown: it holds what nobody
 * is to see. Gives the URL.
 */
export function showAs(url: URL, text: string): URL {
  shownAs.set(url, text);
  return url;
}

/** Origin and path, or what stands in their place. */
export function shownUrl(url: URL): string {
  return shownAs.get(url) ?? url.origin + url.pathname;
}

/** A copy of the URL, shown in the same way. */
export function copyOf(url: URL): URL {
  const copy = new URL(url);
  const text = shownAs.get(url);
  return text === undefined ? copy : showAs(copy, text);
}
