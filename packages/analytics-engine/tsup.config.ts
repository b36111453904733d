import { defineConfig } from 'tsup';
import { command, library } from '../../tsup.base.ts';

export default defineConfig([
  library({
    entry: ['src/index.ts'],
    target: 'node24',
    dts: { resolve: [/^@prosora\//] },
    noExternal: [/^@prosora\//],
  }),
  command({
    // The command and the process it starts for the database.
    entry: { cli: 'src/cli.ts', child: 'src/database/child.ts' },
    // All but chdb, whose binary cannot be bundled.
    noExternal: [/^(?!chdb$)/],
  }),
]);
