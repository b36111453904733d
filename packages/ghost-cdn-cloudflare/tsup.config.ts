import { defineConfig, type Options } from 'tsup';
import { command, library } from '../../tsup.base.ts';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/*
 * What waits is in one SQLite file, never on a server of MySQL; and prom-client has OpenTelemetry for exemplars, which
 * nobody asks it for.
 */
const withoutServers: Plugin = {
  name: 'without-servers',
  setup(build) {
    const namespace = 'none';
    build.onResolve({ filter: /^(mysql2(\/.+)?|@opentelemetry\/api)$/ }, ({ path }) => ({
      path,
      namespace,
    }));
    build.onLoad({ filter: /.*/, namespace }, () => ({ contents: 'module.exports = {};' }));
  },
};

export default defineConfig([
  library({ entry: ['src/index.ts'] }),
  command({ entry: ['src/cli.ts'], esbuildPlugins: [withoutServers] }),
]);
