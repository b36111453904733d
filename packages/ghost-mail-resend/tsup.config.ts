import { defineConfig, type Options } from 'tsup';

// Everything is bundled, and express still calls `require`, which an ES module has to make itself.
const makeRequire = `import { createRequire as make } from 'node:module'; const require = make(import.meta.url);`;
const shared = { removeNodeProtocol: false } satisfies Options;

export default defineConfig([
  {
    ...shared,
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    target: 'node22',
    dts: true,
    clean: true,
  },
  {
    ...shared,
    entry: ['src/cli.ts'],
    format: ['esm'],
    target: 'node24',
    banner: { js: makeRequire },
    noExternal: [/^(?!@react-email\/)/],
    external: ['@react-email/render'],
    splitting: false,
  },
]);
