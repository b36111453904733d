import { defineConfig } from 'tsup';
import { command } from '../../tsup.base.ts';

export default defineConfig(
  command({
    clean: true,
    // The command and the process it starts for the database.
    entry: { cli: 'src/cli.ts', child: 'src/database/child.ts' },
    // All but chdb, whose binary cannot be bundled.
    noExternal: [/^(?!chdb$)/],
  }),
);
