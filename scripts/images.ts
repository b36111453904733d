// npm run images [-- --pin]: says which images of docker-compose.yml have something newer under their tag, and ends with
// 1 if one has; with --pin it writes today's digests beside the tags.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { digestOf, freshness, pinsIn, withDigests } from './images/pins.ts';

const COMPOSE_FILE = 'docker-compose.yml';
const { values } = parseArgs({ options: { pin: { type: 'boolean', default: false } } });

const text = readFileSync(COMPOSE_FILE, 'utf8');
const found = pinsIn(text).map((pin) => {
  const now = digestOf(pin.image);
  return { image: pin.image, now, is: freshness(pin, now) };
});
console.table(Object.fromEntries(found.map(({ image, is, now }) => [image, { is, now }])));
if (values.pin) {
  const digests = Object.fromEntries(found.map(({ image, now }) => [image, now]));
  writeFileSync(COMPOSE_FILE, withDigests(text, digests));
} else if (found.some(({ is }) => is === 'newer')) {
  console.log('npm run images -- --pin takes what is newer.');
  process.exitCode = 1;
}
