import assert from 'node:assert/strict';
import path from 'node:path';
import { addedFiles, differences } from './added-files.ts';
import { docker } from './docker.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** A service in Compose's own words. */
interface ComposeService {
  image: string;
  build?: { target: string };
}

/** By which registry and version our images are known, in the variables of the Compose file. */
interface ImageNames {
  PROSORA_REGISTRY?: string;
  PROSORA_VERSION: string;
}

/** `docker compose` with all that is built. */
const compose = (names: ImageNames, ...args: string[]): string =>
  docker(['compose', '--profile', 'sandbox', '--profile', 'tools', ...args], {
    cwd: ROOT,
    env: { ...names },
  });

/** Builds all images of the Dockerfile. @returns their names, by target */
export function buildImages(names: ImageNames, ...options: string[]): Record<string, string> {
  compose(names, 'build', '--quiet', ...options);
  const { services } = JSON.parse(compose(names, 'config', '--format', 'json')) as {
    services: Record<string, ComposeService>;
  };
  return Object.fromEntries(
    Object.values(services).flatMap(({ image, build }) => (build ? [[build.target, image]] : [])),
  );
}

/** Gives them all to their registry, beside each other. */
export function pushImages(names: Required<ImageNames>): void {
  compose(names, 'push', '--quiet');
}

/**
 * Builds all images twice, the second time without a cache.
 *
 * @throws Error when a file that we add to one of them is not the same, with the same mode and owner
 */
export function compareBuilds(): void {
  const first = buildImages({ PROSORA_VERSION: 'first-build' });
  const startedAt = performance.now();
  const second = buildImages({ PROSORA_VERSION: 'second-build' }, '--no-cache');
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  for (const [target, image] of Object.entries(first)) {
    const differ = differences(addedFiles(image), addedFiles(second[target] ?? ''));
    assert.deepEqual(differ, [], `Two builds of ${target} differ.`);
  }
  docker(['rmi', ...Object.values(first), ...Object.values(second)]);
  console.log(`✔ built again without a cache in ${seconds} s, the images hold the same files`);
}
