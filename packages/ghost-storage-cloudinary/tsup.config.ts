import { defineConfig, type Options } from 'tsup';
import { command, library } from '../../tsup.base.ts';

const shared = {
  target: 'node22',
  minify: true,
  // Ghost knows the adapter's base class and its errors by the names of their classes.
  keepNames: true,
  splitting: false,
  // The bundled SDK reads these when it loads and fails on a malformed one before `validate` can speak.
  define: {
    'process.env.CLOUDINARY_URL': 'undefined',
    'process.env.CLOUDINARY_ACCOUNT_URL': 'undefined',
    'process.env.CLOUDINARY_API_PROXY': 'undefined',
  },
} satisfies Options;

export default defineConfig([
  library({
    ...shared,
    entry: ['src/index.ts'],
    format: 'cjs',
    // `module.exports` is the class itself, in the code and, by `cjsInterop`, in the types.
    footer: { js: 'module.exports = module.exports.default;' },
    cjsInterop: true,
  }),
  command({ ...shared, entry: ['src/cli.ts'] }),
]);
