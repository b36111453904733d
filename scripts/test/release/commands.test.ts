import { expect, inject, test } from 'vitest';
import { publicPackages } from '../../release/packages.ts';
import { NODES, userProject } from './fixtures/user.ts';

const { copy, version, npmrc } = inject('rehearsal');

// The engine brings 540 MB; it is installed once, with its page.
const packages = publicPackages(copy).filter(
  ({ manifest }) => manifest.bin && manifest.name !== '@prosora/analytics-engine',
);

/** They run on the Node that Ghost runs on. */
const BESIDE_ADAPTERS = ['ghost-cloudinary', 'prosora-jobs'];

test('every command says its version, and on an older Node which one it needs', async () => {
  const project = userProject({ node: NODES[24], npmrc });
  await project.sh(`npm install ${packages.map(({ manifest }) => manifest.name).join(' ')}`);
  const names = packages.flatMap(({ manifest }) => Object.keys(manifest.bin ?? {}));
  for (const name of names) {
    expect(await project.sh(`node_modules/.bin/${name} --version`)).toBe(`${version}\n`);
    const onOlder = `${NODES[22]} node_modules/.bin/${name} serve 2>&1 || true`;
    const sentence = BESIDE_ADAPTERS.includes(name)
      ? `${name} has no verb "serve".`
      : `${name} needs Node 24; this is Node 22.`;
    expect(await project.sh(onOlder)).toContain(sentence);
  }
});

test('every library loads on the oldest Node that its engines name, with require and with import', async () => {
  const libraries = packages.filter(({ manifest }) => manifest.exports['.'] !== undefined);
  const project = userProject({ node: NODES[24], npmrc });
  await project.sh(`npm install ${libraries.map(({ manifest }) => manifest.name).join(' ')}`);
  for (const { manifest } of libraries) {
    const [node] = Object.entries(NODES).flatMap(([major, path]) =>
      manifest.engines.node === `>=${major}` ? [path] : [],
    );
    expect(node, manifest.engines.node).toBeDefined();
    const load = `const required = require('${manifest.name}');
      import('${manifest.name}').then((imported) => console.log(typeof required, typeof imported));`;
    expect(await project.sh(`'${node}' -e "${load}"`)).toMatch(/^(object|function) object\n$/);
  }
});
