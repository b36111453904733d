import { defineConfig } from 'tsup';
import { command } from '../../tsup.base.ts';

export default defineConfig([
  command({ entry: ['src/cli.ts', 'src/copy-stores.ts', 'src/forward.ts'] }),
]);
