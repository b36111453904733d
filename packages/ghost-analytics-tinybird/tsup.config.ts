import { defineConfig } from 'tsup';

export default defineConfig([
  {
    clean: true,
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    target: 'node22',
    dts: true,
    removeNodeProtocol: false,
  },
  {
    entry: ['src/tracker/tracker.js'],
    format: ['iife'],
    // Browsers of the last six years.
    target: 'es2020',
    minify: true,
    outExtension: () => ({ js: '.js' }),
  },
  {
    entry: ['src/cli.ts'],
    format: ['esm'],
    target: 'node24',
    splitting: false,
    minify: true,
    removeNodeProtocol: false,
    noExternal: [/.*/],
    // Bundled CommonJS asks for Node's own modules with require.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  },
]);
