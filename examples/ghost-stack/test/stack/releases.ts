import { inject } from 'vitest';
import { push, type Registry } from './newer-ghosts.ts';
import { composeIn, docker } from './stack.ts';

/** The settings of a stack that is pulled. */
type Settings = Record<'PROSORA_REGISTRY' | 'PROSORA_VERSION', string>;

const settingsOf = ({ address }: Registry, version: string): Settings => ({
  PROSORA_REGISTRY: `${address}/prosora`,
  PROSORA_VERSION: version,
});

/** By what the Dockerfile calls them: our images as they were built here. */
async function ownImages(): Promise<[target: string, image: string][]> {
  const compose = composeIn(inject('stack'));
  const { services } = JSON.parse(
    await compose(['--profile', 'tools', 'config', '--format', 'json']),
  ) as { services: Record<string, { image: string; build?: { target: string } }> };
  return Object.values(services).flatMap(({ image, build }) =>
    build ? [[build.target, image] as [string, string]] : [],
  );
}

/** What runs, as a release that this machine has pulled already. */
export async function releaseOf(registry: Registry, version: string): Promise<Settings> {
  const settings = settingsOf(registry, version);
  for (const [target, image] of await ownImages()) {
    await docker(['tag', image, `${settings.PROSORA_REGISTRY}/${target}:${version}`]);
  }
  return settings;
}

/** Pushes a release in which some images differ from what was built here, by lines of a Dockerfile. */
export async function pushRelease(
  registry: Registry,
  version: string,
  differ: Record<string, string>,
): Promise<Settings> {
  const settings = settingsOf(registry, version);
  for (const [target, image] of await ownImages()) {
    const name = `${settings.PROSORA_REGISTRY}/${target}:${version}`;
    await push(name, `FROM ${image}\n${differ[target] ?? ''}\n`);
  }
  return settings;
}
