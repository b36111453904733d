// Looks at every public package as npm would publish it: publint reads the tarball's package.json,
// attw resolves its types the way each kind of consumer does.
import { execFileSync } from 'node:child_process';
import { publicPackages } from './release/packages.ts';

for (const { dir, manifest } of publicPackages('.')) {
  console.log(`\n${manifest.name}`);
  execFileSync('publint', ['--strict', dir], { stdio: 'inherit' });
  // A command alone has nothing whose types could be resolved.
  const main = manifest.exports['.'];
  if (main === undefined) continue;
  // A package that Ghost loads with require has no entry for import.
  const ignored =
    typeof main === 'object' && main.import ? [] : ['cjs-resolves-to-esm', 'named-exports'];
  const rules = ignored.length > 0 ? ['--ignore-rules', ...ignored] : [];
  // A file for browsers has no types.
  const scripts = Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === 'string' && target.endsWith('.js'))
    .map(([entry]) => entry);
  if (scripts.length > 0) rules.push('--exclude-entrypoints', ...scripts);
  // Node 10 knew no `exports`; nothing here runs on it.
  execFileSync('attw', ['--pack', dir, '--profile', 'node16', ...rules], { stdio: 'inherit' });
}
