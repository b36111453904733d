import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { freshness, pinsIn, withDigests } from '../../images/pins.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

test('a digest is written beside its tag and read again, and one that is there is replaced', () => {
  const pinned = withDigests(`image: \${A_IMAGE:-a/b:1}\n`, { 'a/b:1': digest('a') });
  expect(pinned).toBe(`image: \${A_IMAGE:-a/b:1@${digest('a')}}\n`);
  const renewed = withDigests(pinned, { 'a/b:1': digest('b') });
  expect(pinsIn(renewed)).toEqual([{ variable: 'A_IMAGE', image: 'a/b:1', digest: digest('b') }]);
});

test('a tag that stands for another image than when it was pinned is newer', () => {
  const pin = { variable: 'A_IMAGE', image: 'a/b:1' };
  expect(freshness({ ...pin, digest: digest('a') }, digest('a'))).toBe('as pinned');
  expect(freshness({ ...pin, digest: digest('a') }, digest('b'))).toBe('newer');
  expect(freshness(pin, digest('b'))).toBe('not pinned');
});

test('all images that the stack stands on are named in one place, which the Dockerfile has them from', () => {
  const compose = read('docker-compose.yml');
  const variables = pinsIn(compose).map(({ variable }) => variable);
  expect(new Set(variables).size).toBe(variables.length);
  expect(variables).toEqual(
    expect.arrayContaining(
      Array.from(read('Dockerfile').matchAll(/^ARG (\w+_IMAGE)$/gm), ([, v]) => v),
    ),
  );
  // Beside ours, which say where they come from by PROSORA_REGISTRY.
  const named = compose.match(/^ {4}image: (?!\*\w|\$\{PROSORA_REGISTRY).*$/gm);
  expect(named).toBe(null);
});

test('Renovate finds each of them, tag and digest', () => {
  const { customManagers } = JSON.parse(read('renovate.json'));
  const compose = read('docker-compose.yml');
  const digests = Object.fromEntries(pinsIn(compose).map(({ image }) => [image, digest('a')]));
  for (const text of [compose, withDigests(compose, digests)]) {
    const found = Array.from(
      text.matchAll(new RegExp(customManagers[0].matchStrings[0], 'g')),
      ({ groups: { depName, currentValue, currentDigest } = {} }) => ({
        image: `${depName}:${currentValue}`,
        digest: currentDigest,
      }),
    );
    expect(found).toEqual(pinsIn(text).map(({ image, digest }) => ({ image, digest })));
  }
});
