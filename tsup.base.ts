import type { Options } from 'tsup';

const shared = { removeNodeProtocol: false } satisfies Options;

/** Bundled CommonJS asks for Node's own modules with `require`, which an ES module has to make itself. */
export const MAKE_REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** What a package is imported for, with its types. Runs where Ghost runs: on Node 22 too. */
export function library(options: Options): Options {
  return {
    ...shared,
    format: ['esm', 'cjs'],
    target: 'node22',
    dts: true,
    clean: true,
    ...options,
  };
}

/** A command as one file that needs no other package, but for those in `external`. */
export function command(options: Options): Options {
  return {
    ...shared,
    format: ['esm'],
    target: 'node24',
    splitting: false,
    minify: true,
    noExternal: [/.*/],
    banner: { js: MAKE_REQUIRE },
    ...options,
  };
}
