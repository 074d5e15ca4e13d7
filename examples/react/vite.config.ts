import { defineConfig } from 'vite';

/** The sample application serves what is built at /react/. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/react/',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    rolldownOptions: {
      // Libraries mark what is for the browser; all of this is.
      onLog: (level, log, handle) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && handle(level, log),
    },
  },
});
