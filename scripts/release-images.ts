// npm run release:images -- --rehearse: builds, pushes, pulls and starts the stack's images as a release would, against a
// registry of its own. The real ones are published by .github/workflows/images.yml.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rehearseImages } from './images/rehearse.ts';

const { values } = parseArgs({ options: { rehearse: { type: 'boolean', default: false } } });
if (!values.rehearse) {
  console.error('Images are published on GitHub; say --rehearse to do all of it on this machine.');
  process.exit(2);
}
// All packages have one version, which is that of the images.
const { version } = JSON.parse(readFileSync('packages/sandbox/package.json', 'utf8'));
await rehearseImages(`${version}-rehearsal`);
