import { defineConfig } from 'tsup';
import { command, library } from '../../tsup.base.ts';

export default defineConfig([
  library({ entry: ['src/index.ts'] }),
  command({ entry: ['src/cli.ts'] }),
]);
