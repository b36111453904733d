import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('every dependency with an install script is denied it in package.json', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  const { allowScripts } = JSON.parse(read('package.json'));
  const withScripts = Object.entries<{ hasInstallScript?: boolean }>(packages)
    .filter(([, entry]) => entry.hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect(withScripts.length).toBeGreaterThan(0);
  for (const name of withScripts) expect([name, allowScripts[name]]).toEqual([name, false]);
});

test('the bootstrap installs with scripts off, for versions of npm that do not know allowScripts', () => {
  expect(read('scripts/bootstrap.mjs')).toContain("'--ignore-scripts'");
});
