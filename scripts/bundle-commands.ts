import { globSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve, sep } from 'node:path';
import { build } from 'tsup';
import { MAKE_REQUIRE } from '../tsup.base.ts';

const ROOT = resolve(import.meta.dirname, '..');
const PACKAGES = join(ROOT, 'packages');

/** The commands, and what that of the analytics engine starts beside it. */
const SOURCES = ['*/src/cli.ts', 'analytics-engine/src/database/child.ts'];

/** What cannot be bundled: binaries, and what one who has it imports. */
const EXTERNAL = ['chdb', 'sharp', '@react-email/render'];

/**
 * Makes one file of each command, as its package does, for the hundreds of processes that tests start: a start from a
 * thousand files of source takes several times as much of the processor. `commandOf` leads to them.
 */
export async function setup(): Promise<() => void> {
  // Another layer of the same run has made them.
  if (process.env['PROSORA_COMMANDS'] !== undefined) return () => {};
  const folder = mkdtempSync(join(tmpdir(), 'commands-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await build({
    config: false,
    entry: entries(),
    outDir: folder,
    format: ['esm'],
    target: 'node24',
    splitting: false,
    silent: true,
    noExternal: [new RegExp(`^(?!(${EXTERNAL.join('|')})$)`)],
    external: EXTERNAL,
    removeNodeProtocol: false,
    banner: { js: MAKE_REQUIRE },
    outExtension: () => ({ js: '.js' }),
    esbuildOptions(options) {
      options.conditions = ['@prosora/source'];
    },
  });
  process.env['PROSORA_COMMANDS'] = folder;
  return () => {
    delete process.env['PROSORA_COMMANDS'];
    rmSync(folder, { recursive: true, force: true });
  };
}

/** The sources by the names of their bundles. */
function entries(): Record<string, string> {
  const files = globSync(SOURCES, { cwd: PACKAGES });
  return Object.fromEntries(
    files.map((file) => [
      join(file.split(sep)[0] ?? '', basename(file, '.ts')),
      join(PACKAGES, file),
    ]),
  );
}
