import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What esbuild says of a build, as far as it is read here. */
export interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
}

/** Somebody else's package of which a bundle holds at least one byte. */
export interface BundledPackage {
  /** Its folder. */
  dir: string;
  /** Its package.json. */
  manifest: { name: string; version: string; license?: string; homepage?: string };
}

/**
 * The folders in `node_modules` of which a build took code into what it wrote: what was read and then shaken off is
 * not among them.
 *
 * @param from the folder that the paths of the metafile start at
 */
export function bundledFolders(metafile: Metafile, from: string): string[] {
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 && file.includes('node_modules/') ? [path.resolve(from, file)] : [],
    ),
  );
  return [...new Set(inputs.map(packageFolder))];
}

/** The packages in these folders, by name and version; one that stands in two folders is named once. */
export function packagesIn(folders: Iterable<string>): BundledPackage[] {
  const packages = new Map<string, BundledPackage>();
  for (const dir of folders) {
    const manifest = manifestIn(dir);
    packages.set(`${manifest.name}@${manifest.version}`, { dir, manifest });
  }
  return [...packages.keys()].sort().map((key) => packages.get(key) as BundledPackage);
}

/** Goes up to the package.json that names a package: one that only says `"type": "module"` may stand below it. */
function packageFolder(file: string): string {
  let dir = path.dirname(file);
  while (!existsSync(path.join(dir, 'package.json')) || manifestIn(dir).version === undefined) {
    dir = path.dirname(dir);
  }
  return dir;
}

function manifestIn(dir: string): BundledPackage['manifest'] {
  return JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
}
