import type { Options } from 'tsup';
import { recordLicences } from './scripts/licences/record-licences.ts';

const shared = { removeNodeProtocol: false } satisfies Options;

/** Bundled CommonJS asks for Node's own modules with `require`, which an ES module has to make itself. */
export const MAKE_REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Modules of Node that older ones lack, or that have less in them there. */
const NEWER = /^node:(sqlite|zlib)$/;

/**
 * Lets a command load on a Node that is too old for it, where it says so in a sentence. A static import of what that
 * Node lacks would end with a stack first; there, each name is a function that nobody comes to call.
 */
function loadsAnywhere(oldestNode: number): Plugin {
  return {
    name: 'loads-anywhere',
    setup(build) {
      const namespace = 'node-module';
      build.onResolve({ filter: NEWER }, ({ path, kind }) =>
        kind === 'import-statement' ? { path, namespace } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
        contents: `const isNewEnough = Number.parseInt(process.versions.node, 10) >= ${oldestNode};
const nothing = new Proxy({}, { get: () => () => {} });
const found = isNewEnough ? process.getBuiltinModule('${path}') : nothing;
export const { ${Object.keys(process.getBuiltinModule(path) ?? {}).join(', ')} } = found;
export default found;`,
      }));
    },
  };
}

/** What a package is imported for, with its types. Runs where Ghost runs: on Node 22 too. */
export function library(options: Options): Options {
  return {
    ...shared,
    format: ['esm', 'cjs'],
    target: 'node22',
    dts: true,
    clean: true,
    ...options,
    esbuildPlugins: [...(options.esbuildPlugins ?? []), recordLicences],
  };
}

/** A command as one file that needs no other package, but for those in `external`. */
export function command(options: Options): Options {
  const { target = 'node24' } = options;
  return {
    ...shared,
    format: ['esm'],
    target,
    splitting: false,
    minify: true,
    noExternal: [/.*/],
    banner: { js: MAKE_REQUIRE },
    ...options,
    esbuildPlugins: [
      ...(options.esbuildPlugins ?? []),
      loadsAnywhere(Number(/\d+/.exec(String(target))?.[0])),
      recordLicences,
    ],
  };
}
