import { defineConfig } from 'tsup';
import { command, library } from '../../tsup.base.ts';

export default defineConfig([
  library(),
  command({
    minify: false,
    noExternal: [/^(?!@react-email\/)/],
    external: ['@react-email/render'],
  }),
]);
