import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { type PackedPackage, packed } from '@prosora/service/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publicPackages } from '../../release/packages.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

const packages = publicPackages(ROOT);

describe.concurrent.each(packages)('$manifest.name, installed alone', ({ dir, manifest }) => {
  let installed: PackedPackage;
  beforeAll(async () => {
    installed = await packed(dir, { network: true });
  });
  afterAll(() => installed[Symbol.asyncDispose]());

  // A file for browsers, a plain path in `exports`, is for nobody to import.
  const entries = Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([entry]) => entry);

  test.each(entries)('%s loads with require and with import', async (entry) => {
    const name = path.posix.join(manifest.name, entry);
    const evaluate = (kind: string, code: string) =>
      installed.node([`--input-type=${kind}`, '--eval', code]);
    const names = `console.log(Object.keys(loaded).length, typeof loaded)`;
    const required = await evaluate('commonjs', `const loaded = require('${name}'); ${names}`);
    const imported = await evaluate('module', `import * as loaded from '${name}'; ${names}`);
    expect(required).toMatch(/^[1-9]\d* object|^\d+ function/);
    expect(imported).toMatch(/^[1-9]\d* object/);
  });

  test.each(Object.keys(manifest.bin ?? {}))('the command %s says how it is used', async (bin) => {
    const file = path.join(installed.dir, 'node_modules/.bin', bin);
    expect(await installed.node([file, '--help'])).toContain(`Usage: ${bin}`);
  });

  test('carries its licence, and that of every package that it contains', async () => {
    const read = (file: string) => readFileSync(path.join(installed.home, file), 'utf8');
    expect(read('LICENSE')).toBe(readFileSync(path.join(ROOT, 'LICENSE'), 'utf8'));
    const bill = read('dist/sbom.cdx.json');
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(bill)).toBeNull();

    const { components = [] } = JSON.parse(bill);
    const billed: string[] = components.map(({ group, name }: { group?: string; name: string }) =>
      group === undefined ? name : `${group}/${name}`,
    );
    const notices = read('dist/THIRD-PARTY-NOTICES.txt');
    for (const name of billed)
      expect(notices).toMatch(new RegExp(`^${name} \\d\\S* \\(.+\\)$`, 'm'));
    // esbuild names each file that it bundles, in a bundle that is not minified.
    const bundled = readdirSync(path.join(installed.home, 'dist'))
      .filter((file) => /\.c?js$/.test(file))
      .flatMap((file) => [
        ...read(`dist/${file}`).matchAll(
          /^\s*\/\/ .*node_modules\/((?:@[^/]+\/)?[^/]+)\/.*\.[cm]?js$/gm,
        ),
      ]);
    expect(bundled.map(([, name]) => name).filter((name) => !billed.includes(name ?? ''))).toEqual(
      [],
    );
  });

  test('holds no source, no test and no path of the machine that built it', async () => {
    const { home } = installed;
    const files = readdirSync(home, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /^(src|test)\b/.test(file))).toEqual([]);
    for (const file of files.filter((name) => /\.([cm]?js|d\.[cm]?ts)$/.test(name))) {
      if (file.startsWith('node_modules')) continue;
      expect(readFileSync(path.join(home, file), 'utf8').includes(ROOT), file).toBe(false);
    }
  });
});
