import { defineConfig, type Options } from 'tsup';
import { command, library } from '../../tsup.base.ts';

const shared = {
  target: 'node22',
  minify: true,
  keepNames: true,
  splitting: false,
  // The drivers are Ghost's own, asked for at its entry.
  external: ['mysql2/promise'],
} satisfies Options;

export default defineConfig([
  library({
    ...shared,
    entry: ['src/jobs.ts', 'src/scheduling.ts'],
    format: 'cjs',
    dts: false,
    noExternal: [/^(?!mysql2)/],
    footer: { js: 'module.exports = module.exports.default;' },
  }),
  command({ ...shared, entry: ['src/cli.ts'], noExternal: [/^(?!mysql2)/] }),
]);
