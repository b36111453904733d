// Looks at every public package as npm would publish it: publint reads the tarball's package.json,
// attw resolves its types the way each kind of consumer does. Types that name a private package resolve here alone.
import { execFileSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { publicPackages } from './release/packages.ts';

const privateNames = readdirSync('packages')
  .map((folder) => JSON.parse(readFileSync(`packages/${folder}/package.json`, 'utf8')))
  .filter((manifest) => manifest.private)
  .map((manifest) => manifest.name as string);

for (const { dir, manifest } of publicPackages('.')) {
  console.log(`
${manifest.name}`);
  execFileSync('publint', ['--strict', dir], { stdio: 'inherit' });
  for (const file of globSync(`${dir}/dist/**/*.d.{ts,cts,mts}`)) {
    const types = readFileSync(file, 'utf8');
    const named = privateNames.find((name) => new RegExp(`['"]${name}['"/]`).test(types));
    if (named !== undefined) throw new Error(`${file} names ${named}, which nobody can install.`);
  }
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
