import { defineConfig } from 'vite';

/** The page as the server hands it out: relative URLs, hashed names, and nothing inline. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  build: {
    outDir: '../dist/public',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: false,
  },
});
