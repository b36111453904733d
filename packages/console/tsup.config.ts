import { defineConfig } from 'tsup';
import { command } from '../../tsup.base.ts';

export default defineConfig([command({ entry: ['src/cli.ts'], clean: true })]);
