import { defineConfig } from 'tsup';
import { command, library, MAKE_REQUIRE } from '../../tsup.base.ts';

// All but sharp, whose binary cannot be bundled.
const noExternal = [/^(?!sharp$)/];

export default defineConfig([
  library({
    entry: ['src/index.ts'],
    target: 'node24',
    // Express calls `require`, and so does not go into an ES module by itself.
    banner: ({ format }) => (format === 'esm' ? { js: MAKE_REQUIRE } : {}),
  }),
  command({ entry: ['src/cli.ts'], minify: false, noExternal }),
]);
