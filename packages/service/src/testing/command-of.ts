import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What Node is called with to run a command, told by the address of its `src/cli.ts`: its bundle, where a run of the
 * tests has made one (`scripts/bundle-commands.ts`), else the source.
 */
export function commandOf(source: URL): readonly string[] {
  const file = fileURLToPath(source);
  const bundles = process.env['PROSORA_COMMANDS'];
  if (bundles === undefined) return ['--conditions=@prosora/source', file];
  return [join(bundles, basename(dirname(dirname(file))), 'cli.js')];
}
