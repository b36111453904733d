// npm run release -- --rehearse | --version | --pack [folder] | --text: see CONTRIBUTING.md.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { releaseText } from './release/changelog.ts';
import { nextVersion } from './release/next-version.ts';
import { packPackages } from './release/pack.ts';
import { commonVersion, publicPackages } from './release/packages.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

/** The whole release in a copy of the last commit, and then what users do with it. */
function rehearse(files: string[]): number {
  const words = ['run', '--config', 'vitest.workspace.ts', '--project', 'release', ...files];
  const env = { ...process.env, PROSORA_REHEARSAL: 'yes' };
  return spawnSync('vitest', words, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1;
}

function text(): string {
  const packages = publicPackages(ROOT);
  const changelogs = packages.map(({ dir, manifest: { name } }) => {
    const changelog = readFileSync(path.join(dir, 'CHANGELOG.md'), 'utf8');
    return { name, changelog };
  });
  return releaseText(commonVersion(packages), changelogs);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rehearse: { type: 'boolean' },
    version: { type: 'boolean' },
    pack: { type: 'boolean' },
    text: { type: 'boolean' },
  },
});

if (values.rehearse) {
  process.exitCode = rehearse(positionals);
} else if (values.version) {
  console.log(nextVersion(ROOT));
} else if (values.pack) {
  const folder = path.resolve(positionals[0] ?? path.join(ROOT, 'dist'));
  const names = await packPackages(ROOT, folder);
  console.log(names.map((name) => path.join(folder, name)).join('\n'));
} else if (values.text) {
  process.stdout.write(text());
} else {
  console.error('Say one of --rehearse, --version, --pack [folder] and --text.');
  process.exitCode = 2;
}
