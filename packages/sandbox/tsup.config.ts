import { defineConfig, type Options } from 'tsup';

// All but sharp is bundled, and express still calls `require`, which an ES module has to make itself.
const makeRequire = `import { createRequire as make } from 'node:module'; const require = make(import.meta.url);`;
const banner: Options['banner'] = ({ format }) => (format === 'esm' ? { js: makeRequire } : {});
const shared = { target: 'node24', removeNodeProtocol: false, banner } satisfies Options;

export default defineConfig([
  { ...shared, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true, clean: true },
  { ...shared, entry: ['src/cli.ts'], format: ['esm'] },
]);
