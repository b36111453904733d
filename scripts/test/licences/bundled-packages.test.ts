import path from 'node:path';
import { expect, test } from 'vitest';
import { billOfMaterials } from '../../licences/bill-of-materials.ts';
import { bundledFolders, packagesIn } from '../../licences/bundled-packages.ts';
import { noticesOf } from '../../licences/notices.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const OWN = { name: '@prosora/own', version: '1.2.3', license: 'MIT' };

const built = (inputs: Record<string, number>) =>
  packagesIn(
    bundledFolders(
      {
        outputs: {
          'dist/index.js': {
            inputs: Object.fromEntries(
              Object.entries(inputs).map(([file, bytesInOutput]) => [file, { bytesInOutput }]),
            ),
          },
        },
      },
      ROOT,
    ),
  );
const namesOf = (packages: ReturnType<typeof built>) =>
  packages.map(({ manifest }) => manifest.name);

test('names the packages of which the bundle holds code, and none that was shaken off or is ours', () => {
  const packages = built({
    'packages/service/src/logger.ts': 900,
    'node_modules/lru-cache/dist/esm/index.js': 20,
    'node_modules/pino/pino.js': 0,
    'lean:iconv-lite': 12,
  });
  expect(namesOf(packages)).toEqual(['lru-cache']);
});

test('finds the package of a file whose own folder has a package.json with a type alone', () => {
  const packages = built({ 'node_modules/lru-cache/dist/commonjs/index.js': 20 });
  expect(namesOf(packages)).toEqual(['lru-cache']);
});

test('a notice has the licence text that the package carries', () => {
  const notices = noticesOf(OWN.name, built({ 'node_modules/lru-cache/dist/esm/index.js': 20 }));
  expect(notices).toContain('Blue Oak Model License');
});

test('a package under MIT that carries no text gets the words of the licence', () => {
  const notices = noticesOf(OWN.name, built({ 'node_modules/standardwebhooks/dist/index.js': 20 }));
  expect(notices).toContain('Permission is hereby granted');
  expect(notices).not.toContain('Prosora');
});

test('a package under another licence that carries no text stops the build', () => {
  const manifest = { name: 'wordless', version: '1.0.0', license: 'Apache-2.0' };
  const dir = path.join(ROOT, 'scripts/test/integration/fixtures');
  expect(() => noticesOf(OWN.name, [{ dir, manifest }])).toThrow(
    'wordless 1.0.0 is bundled and carries no licence text',
  );
});

test('two builds of the same write the same bill', () => {
  const bill = () =>
    billOfMaterials(
      OWN,
      built({ 'node_modules/zod/index.js': 20, 'node_modules/pino/pino.js': 9 }),
    );
  expect(bill()).toBe(bill());
});
