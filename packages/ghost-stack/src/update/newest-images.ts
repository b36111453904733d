import * as z from 'zod';
import { settingReader } from '../settings/effective.ts';
import { type Container, compose, docker } from '../stack/compose.ts';

/** Which services of the stack stand on an image of `x-images`: one that runs shows what all have. */
const STAND_ON: Readonly<Record<string, readonly string[]>> = {
  alertmanager: ['alerts'],
  caddy: ['caddy'],
  ghost: ['ghost'],
  mysql: ['db'],
  'mysqld-exporter': ['db-metrics'],
  node: ['mail', 'webhooks', 'analytics', 'cdn', 'console', 'ops'],
  'node-slim': ['engine', 'sandbox'],
  redis: ['redis'],
  varnish: ['pages'],
  'victoria-metrics': ['metrics'],
  vmalert: ['rules'],
};
/** What a release is pulled with, so that only the next release has another. */
const IN_A_RELEASE = ['caddy', 'ghost', 'node', 'node-slim'];

/** The name in `x-images` of what a service stands on. */
export const baseOf = (service: string): string | undefined =>
  Object.keys(STAND_ON).find((name) => STAND_ON[name]?.includes(service));

/** A registry that takes longer is as good as away. */
const LONGEST_MS = 20_000;

/** An image's configuration: https://github.com/opencontainers/image-spec/blob/main/config.md */
const image = z.object({
  os: z.string(),
  architecture: z.string(),
  config: z.object({ Env: z.array(z.string()).nullish() }),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});
/** What `docker buildx imagetools inspect` knows of a tag: one image, or one for each platform. */
const known = z.object({
  manifest: z.object({ digest: z.string() }),
  image: z.union([image, z.record(z.string(), image)]),
});

interface Layers {
  /** No program of it runs on this machine. */
  isForeign: boolean;
  layers: readonly string[];
  env: readonly string[];
}

/** What the stack stands on, beside what its tag has now. */
export interface TagLook {
  /** Its name in `x-images`. */
  name: string;
  /** Without the digest that it may be pinned to. */
  tag: string;
  /** It is pinned to a digest, by a person or by the release. */
  isPinned: boolean;
  /** Of what the tag has now; undefined where no registry says so. */
  digest: string | undefined;
  /** Another image than what runs. */
  isNewer: boolean;
  /** For another kind of processor. */
  isForeign: boolean;
  /** Versions that the images tell of themselves; empty where they do not. */
  runs: string;
  newest: string;
}

/**
 * Asks the registries what the tags in use have now, and pulls nothing. An image that was built here begins with the
 * layers of what it was built on.
 */
export async function lookForImages(
  dir: string,
  containers: readonly Container[],
): Promise<TagLook[]> {
  const isRelease = settingReader(dir)('PROSORA_VERSION') !== '';
  const { 'x-images': references } = JSON.parse(await compose(dir, ['config', '--format', 'json']));
  const platform = (
    await docker(dir, ['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'])
  ).trim();
  const looks = Object.entries(STAND_ON).flatMap(([name, services]) => {
    const container = containers.find(
      ({ service, state }) => state === 'running' && services.includes(service),
    );
    const isOurs = isRelease && IN_A_RELEASE.includes(name);
    return container && !isOurs
      ? [lookAt(dir, { name, container, platform }, references[name])]
      : [];
  });
  return await Promise.all(looks);
}

async function lookAt(
  dir: string,
  { name, container, platform }: { name: string; container: Container; platform: string },
  reference: string,
): Promise<TagLook> {
  const tag = reference.replace(/@sha256:\w+$/, '');
  const newest = await newestOf(dir, tag, platform).catch(() => undefined);
  const runs = await runningIn(dir, container);
  return {
    name,
    tag,
    isPinned: tag !== reference,
    digest: newest?.digest,
    isNewer: newest?.layers.some((layer, at) => layer !== runs.layers[at]) ?? false,
    isForeign: newest?.isForeign ?? false,
    runs: versionIn(runs, name),
    newest: newest ? versionIn(newest, name) : '',
  };
}

async function newestOf(
  dir: string,
  tag: string,
  platform: string,
): Promise<Layers & { digest: string }> {
  const words = ['buildx', 'imagetools', 'inspect', tag, '--format', '{{json .}}'];
  const signal = AbortSignal.timeout(LONGEST_MS);
  const found = known.parse(JSON.parse(await docker(dir, words, { signal })));
  const { digest } = found.manifest;
  const images = 'rootfs' in found.image ? [image.parse(found.image)] : Object.values(found.image);
  const fitting = images.find(({ os, architecture }) => `${os}/${architecture}` === platform);
  const { config, rootfs } = fitting ?? image.parse(images[0]);
  const isForeign = fitting === undefined;
  return { digest, isForeign, layers: rootfs.diff_ids, env: config.Env ?? [] };
}

async function runningIn(dir: string, { id }: Container): Promise<Omit<Layers, 'isForeign'>> {
  const of = (await docker(dir, ['inspect', '--format', '{{.Image}}', id])).trim();
  const [found] = JSON.parse(await docker(dir, ['image', 'inspect', of]));
  return { layers: found.RootFS.Layers, env: found.Config.Env ?? [] };
}

/** Official images tell it in their environment, such as `GHOST_VERSION`. */
function versionIn({ env }: Pick<Layers, 'env'>, name: string): string {
  const start = `${name.replace(/-.*/, '').toUpperCase()}_VERSION=`;
  return env.find((pair) => pair.startsWith(start))?.slice(start.length) ?? '';
}
