import { defineConfig } from 'tsup';

export default defineConfig([
  {
    clean: true,
    entry: ['src/index.ts', 'src/express.ts'],
    format: ['esm', 'cjs'],
    target: 'node22',
    dts: { resolve: [/^@prosora\//] },
    sourcemap: true,
    removeNodeProtocol: false,
    noExternal: [/^@prosora\//],
    // The code that services share also imports a logger and metrics; the library uses neither, so
    // what is left of those imports is shaken off.
    external: ['pino', 'prom-client', 'zod'],
    treeshake: { moduleSideEffects: false },
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
