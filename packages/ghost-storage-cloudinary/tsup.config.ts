import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'cjs',
  target: 'node22',
  minify: true,
  // Ghost knows the adapter's base class and its errors by the names of their classes.
  keepNames: true,
  removeNodeProtocol: false,
  // `module.exports` is the class itself, in the code and, by `cjsInterop`, in the types.
  footer: { js: 'module.exports = module.exports.default;' },
  splitting: false,
  cjsInterop: true,
  dts: true,
  clean: true,
  // The bundled SDK reads these when it loads and fails on a malformed one before `validate` can speak.
  define: {
    'process.env.CLOUDINARY_URL': 'undefined',
    'process.env.CLOUDINARY_ACCOUNT_URL': 'undefined',
    'process.env.CLOUDINARY_API_PROXY': 'undefined',
  },
});
