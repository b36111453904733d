import { defineConfig } from 'tsup';

export default defineConfig({
  // The command and the process it starts for the database.
  clean: true,
  entry: { cli: 'src/cli.ts', child: 'src/database/child.ts' },
  format: ['esm'],
  target: 'node24',
  splitting: false,
  minify: true,
  removeNodeProtocol: false,
  // All but chdb, whose binary cannot be bundled.
  noExternal: [/^(?!chdb$)/],
  // Bundled CommonJS asks for Node's own modules with require.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
});
