import { type Finding, ok, warn } from '@prosora/service';
import * as z from 'zod';
import { settingReader } from '../settings/effective.ts';
import { type Container, compose, docker } from '../stack/compose.ts';

/** Which services of the stack stand on an image of `x-images`: one that runs shows what all have. */
const STAND_ON: Readonly<Record<string, readonly string[]>> = {
  caddy: ['caddy'],
  ghost: ['ghost'],
  mysql: ['db'],
  node: ['mail', 'webhooks', 'analytics', 'cdn', 'ops'],
  'node-slim': ['engine', 'sandbox'],
  redis: ['redis'],
  varnish: ['pages'],
};
/** What a release is pulled with, so that only the next release has another. */
const IN_A_RELEASE = ['caddy', 'ghost', 'node', 'node-slim'];

/** A registry that takes longer is as good as away. */
const LONGEST_MS = 20_000;

const PLACE = 'examples/ghost-stack/upgrading.md says how to take it.';

/** An image's configuration: https://github.com/opencontainers/image-spec/blob/main/config.md */
const image = z.object({
  config: z.object({ Env: z.array(z.string()).nullish() }),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});
/** One, or one for each platform. */
const images = z.union([image, z.record(z.string(), image)]);

interface Layers {
  layers: readonly string[];
  env: readonly string[];
}

/**
 * Whether what runs stands on the newest images of their tags. Registries are asked, and nothing is pulled. An image that
 * was built here begins with the layers of what it was built on.
 */
export async function* examineImages(
  dir: string,
  containers: readonly Container[],
): AsyncGenerator<Finding> {
  const isRelease = settingReader(dir)('PROSORA_VERSION') !== '';
  const { 'x-images': references } = JSON.parse(await compose(dir, ['config', '--format', 'json']));
  const platform = (
    await docker(dir, ['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'])
  ).trim();
  const pairs = Object.entries(STAND_ON).flatMap(([name, services]) => {
    const runs = containers.find(
      ({ service, state }) => state === 'running' && services.includes(service),
    );
    const isOurs = isRelease && IN_A_RELEASE.includes(name);
    return runs && !isOurs ? [{ name, runs, tag: tagOf(references[name]) }] : [];
  });
  const asked = await Promise.all(
    pairs.map(async ({ name, runs, tag }) => {
      const newest = await newestOf(dir, tag, platform).catch(() => undefined);
      return { tag, newer: newest && newerThan(await runningIn(dir, runs), newest, name), newest };
    }),
  );
  for (const { tag, newer } of asked) {
    if (newer) yield warn('images', `${tag} is newer${newer}.`, PLACE);
  }
  const unknown = asked.filter(({ newest }) => newest === undefined).map(({ tag }) => tag);
  if (unknown.length > 0) {
    yield warn('images', `No registry could be asked about ${unknown.join(', ')}.`);
  }
  const newestCount = asked.filter(({ newest, newer }) => newest && newer === undefined).length;
  if (newestCount > 0 && newestCount === asked.length) {
    yield ok('images', 'Everything stands on the newest images of their tags.');
  }
}

/** Without the digest that it may be pinned to. */
const tagOf = (reference: string): string => reference.replace(/@sha256:\w+$/, '');

async function newestOf(dir: string, tag: string, platform: string): Promise<Layers> {
  const words = ['buildx', 'imagetools', 'inspect', tag, '--format', '{{json .Image}}'];
  const signal = AbortSignal.timeout(LONGEST_MS);
  const found = images.parse(JSON.parse(await docker(dir, words, { signal })));
  const { config, rootfs } = image.parse('rootfs' in found ? found : found[platform]);
  return { layers: rootfs.diff_ids, env: config.Env ?? [] };
}

async function runningIn(dir: string, { id }: Container): Promise<Layers> {
  const of = (await docker(dir, ['inspect', '--format', '{{.Image}}', id])).trim();
  const [found] = JSON.parse(await docker(dir, ['image', 'inspect', of]));
  return { layers: found.RootFS.Layers, env: found.Config.Env ?? [] };
}

/** In words, and with both versions where an image tells its own; undefined where what runs stands on the newest. */
function newerThan(runs: Layers, newest: Layers, name: string): string | undefined {
  if (newest.layers.every((layer, at) => layer === runs.layers[at])) return undefined;
  const versionIn = ({ env }: Layers): string => {
    const start = `${name.replace(/-.*/, '').toUpperCase()}_VERSION=`;
    return env.find((pair) => pair.startsWith(start))?.slice(start.length) ?? '';
  };
  const [now, then] = [versionIn(runs), versionIn(newest)];
  return now && then && now !== then ? `: ${then}, and ${now} runs here` : ' than what runs here';
}
