// npm run release:images -- --rehearse | --compare. The real images are published by .github/workflows/images.yml.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compareBuilds } from './images/build.ts';
import { rehearseImages } from './images/rehearse.ts';

const { values } = parseArgs({
  options: { rehearse: { type: 'boolean' }, compare: { type: 'boolean' } },
});

if (values.rehearse) {
  // All packages have one version, which is that of the images.
  const { version } = JSON.parse(readFileSync('packages/sandbox/package.json', 'utf8'));
  await rehearseImages(`${version}-rehearsal`);
} else if (values.compare) {
  compareBuilds();
} else {
  console.error('Say --rehearse, or --compare. Images are published on GitHub.');
  process.exitCode = 2;
}
