import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A package as npm publishes it, installed in a folder of its own. */
export interface PackedPackage extends AsyncDisposable {
  /** Where the user who installed it stands: Node finds the package from here by its name. */
  dir: string;
  /** What was installed: the package in the `node_modules` of that folder. */
  home: string;
  /** Runs Node there to its end and resolves with what it printed. */
  node(args: readonly string[], env?: Record<string, string>): Promise<string>;
}

/**
 * Packs what is built in a package's `dist` and installs the tarball, without running any script.
 *
 * Without the network, unless the package declares dependencies: whatever it needed besides itself would be missing.
 *
 * @throws what npm prints
 */
export async function packed(
  packageDir: string,
  { network = false }: { network?: boolean } = {},
): Promise<PackedPackage> {
  const dir = await mkdtemp(join(tmpdir(), 'prosora-packed-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', dir], {
    cwd: packageDir,
  });
  const [{ filename, name }] = JSON.parse(stdout);
  await writeFile(join(dir, 'package.json'), '{"private":true}');
  const from = network ? '--prefer-offline' : '--offline';
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', from, ...quietly, `./${filename}`], { cwd: dir });
  return {
    dir,
    home: join(dir, 'node_modules', name),
    node: async (args, env) => (await run(process.execPath, args, { cwd: dir, env })).stdout,
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}
