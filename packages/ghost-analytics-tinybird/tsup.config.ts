import { defineConfig } from 'tsup';
import { command, library } from '../../tsup.base.ts';

export default defineConfig([
  library({ entry: ['src/index.ts'] }),
  {
    entry: ['src/tracker/tracker.js'],
    format: ['iife'],
    // Browsers of the last six years.
    target: 'es2020',
    minify: true,
    outExtension: () => ({ js: '.js' }),
  },
  command({ entry: ['src/cli.ts'] }),
]);
