import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A package that npm is given. */
export interface PublicPackage {
  /** Its folder. */
  dir: string;
  manifest: {
    name: string;
    version: string;
    engines: { node: string };
    bin?: Record<string, string>;
    exports: Record<string, string | { import?: object }>;
  };
}

/** Every package below a root that is not private. */
export function publicPackages(root: string): PublicPackage[] {
  return readdirSync(path.join(root, 'packages')).flatMap((name) => {
    const dir = path.join(root, 'packages', name);
    const manifest = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
    return manifest.private ? [] : [{ dir, manifest }];
  });
}

/** The version that all packages have. @throws Error when they differ */
export function commonVersion(packages: readonly PublicPackage[]): string {
  const [version, ...others] = new Set(packages.map(({ manifest }) => manifest.version));
  if (version === undefined || others.length > 0) {
    throw new Error(`Packages have the versions ${[version, ...others].join(', ')}, not one.`);
  }
  return version;
}
