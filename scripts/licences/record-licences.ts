import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Options } from 'tsup';
import { billOfMaterials } from './bill-of-materials.ts';
import { bundledFolders, packagesIn } from './bundled-packages.ts';
import { noticesOf } from './notices.ts';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Of all builds of this process, which are those of one package: a library and a command may be one build each. */
const folders = new Set<string>();

/**
 * Writes what a package's tarball owes to others: `LICENSE`, `dist/THIRD-PARTY-NOTICES.txt` and `dist/sbom.cdx.json`,
 * the two of all that was bundled so far.
 */
export const recordLicences: Plugin = {
  name: 'record-licences',
  setup(build) {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile, errors }) => {
      if (metafile === undefined || errors.length > 0) return;
      const own = process.cwd();
      for (const folder of bundledFolders(metafile, own)) folders.add(folder);
      const packages = packagesIn(folders);
      const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
      const folder = build.initialOptions.outdir ?? 'dist';
      mkdirSync(folder, { recursive: true });
      copyFileSync(new URL('../../LICENSE', import.meta.url), 'LICENSE');
      writeFileSync(
        path.join(folder, 'THIRD-PARTY-NOTICES.txt'),
        noticesOf(manifest.name, packages),
      );
      writeFileSync(path.join(folder, 'sbom.cdx.json'), billOfMaterials(manifest, packages));
    });
  },
};
