import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProsoraError } from '@prosora/service';
import { settingReader } from '../settings/effective.ts';
import { careFolder } from '../stack/care-files.ts';
import { compose, containersOf, docker } from '../stack/compose.ts';
import type { Decision } from './decide.ts';
import { baseOf } from './newest-images.ts';
import { type Change, readUpdates, waysBack } from './update-notes.ts';

/** Where an image of an update is kept under a name of its own, so that `docker image prune` leaves it. */
const keptAs = (site: string, name: string, tag: string): string => `${site}-update/${name}:${tag}`;
const NEXT = 'next';

/** The part of what Compose makes of the stack's files that is read here. */
interface Config {
  name: string;
  services: Record<string, { image: string; build?: object; scale?: number; profiles?: string[] }>;
}

const configOf = async (dir: string): Promise<Config> =>
  JSON.parse(await compose(dir, ['config', '--format', 'json']));

/** What is to be fetched. */
export interface Fetching {
  /** What was decided of the images that the stack stands on. */
  decisions: readonly Decision[];
  /** Settings of images that change with it, such as GHOST_IMAGE. */
  settings: Readonly<Record<string, string>>;
  /** Whether what is built here is built anew though it stands on nothing newer: for a person who has new files. */
  isAsked: boolean;
  tell(line: string): void;
}

/**
 * Pulls what is to be taken, and builds what is built here, all under names of their own: until the swap every name
 * that the stack's file has means what it meant.
 *
 * @returns what would run other than it does
 * @throws ProsoraError `DOCKER`
 */
export async function fetchImages(
  dir: string,
  { decisions, settings, isAsked, tell }: Fetching,
): Promise<Change[]> {
  const { name: site, services } = await configOf(dir);
  const running = await runningImages(dir);
  const variableOf = (name: string) => `${name.replace('-', '_').toUpperCase()}_IMAGE`;
  const taken = decisions.filter(
    ({ look, isTaken }) => isTaken && !settings[variableOf(look.name)],
  );
  const bases: Record<string, string> = { ...settings };
  const changes: Change[] = [];
  for (const { look } of taken) {
    const { name, tag, digest = '', runs, newest } = look;
    const source = `${tag.replace(/:[^:/]+$/, '')}@${digest}`;
    tell(`${tag} is pulled.`);
    await docker(dir, ['pull', '--quiet', source]);
    const next = await idOf(dir, source);
    await docker(dir, ['tag', next, keptAs(site, name, NEXT)]);
    bases[variableOf(name)] = keptAs(site, name, NEXT);
    const on = Object.keys(services).filter(
      (each) => services[each]?.image === tag && running.has(each),
    );
    // What runs is what one would go back to, whatever the name means by now.
    const former = running.get(on[0] ?? '') ?? (await idOf(dir, tag).catch(() => next));
    const words = { from: inWords(name, runs), to: inWords(name, newest) };
    changes.push({ reference: tag, former, next, digest, services: on, ...words });
  }
  // A build takes the newest of what it stands on: one that is not to be taken is not built on.
  const isLeft = (service: string) =>
    decisions.some(
      ({ look, isTaken }) => look.name === baseOf(service) && look.isNewer && !isTaken,
    );
  const own = Object.keys(services).filter((each) => {
    const isOwn = services[each]?.build !== undefined && running.has(each);
    const stands = taken.some(({ look }) => look.name === baseOf(each));
    return isOwn && !isLeft(each) && (isAsked || stands);
  });
  const isRelease = settingReader(dir)('PROSORA_VERSION') !== '';
  if (own.length > 0 && isRelease) await pullRelease(dir, site, { services, running, own, tell });
  else if (own.length > 0) await build(dir, site, { own, bases, tell });
  for (const each of own) {
    const { image: reference = '' } = services[each] ?? {};
    const next = await idOf(dir, keptAs(site, each, NEXT));
    const base = taken.find(({ look }) => look.name === baseOf(each))?.look;
    const anew = isRelease ? 'of the release' : 'built anew';
    const words = {
      from: inWords(each, base?.runs ?? ''),
      to: base?.newest ? inWords(each, base.newest) : `${each}, ${anew}`,
    };
    const former = running.get(each) ?? next;
    changes.push({ reference, former, next, digest: base?.digest, services: [each], ...words });
  }
  return changes.filter(({ former, next }) => former !== next);
}

const inWords = (name: string, version: string): string => (version ? `${name} ${version}` : name);

/** Services whose images are ours. */
interface Own {
  own: readonly string[];
  tell(line: string): void;
}

/** As `docker compose build` would, but for the names that come of it. */
async function build(
  dir: string,
  site: string,
  { own, bases, tell }: Own & { bases: Record<string, string> },
): Promise<void> {
  tell('What is built here is built.');
  const images = own.map((each) => [each, { image: keptAs(site, each, NEXT) }]);
  const file = join(updateFolder(dir), 'build.json');
  writeFileSync(file, JSON.stringify({ services: Object.fromEntries(images) }), { mode: 0o600 });
  const files = ['--file', join(dir, 'docker-compose.yml'), '--file', file];
  const words = ['--project-directory', dir, ...files, 'build', '--quiet', ...own];
  await compose(dir, words, { env: bases });
}

/** The names of a release are those that the stack's file has by now: until the swap they mean what runs. */
async function pullRelease(
  dir: string,
  site: string,
  { own, services, running, tell }: Own & { services: Config['services']; running: Running },
): Promise<void> {
  tell('The release is pulled.');
  await compose(dir, ['pull', '--quiet', ...own]);
  for (const each of own) {
    const { image = '' } = services[each] ?? {};
    await docker(dir, ['tag', image, keptAs(site, each, NEXT)]);
    await docker(dir, ['tag', running.get(each) ?? image, image]);
  }
}

/** Files of the update that is under way. */
export function updateFolder(dir: string): string {
  const folder = join(careFolder(dir), 'update');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** By service: the id of the image that its container has. */
type Running = ReadonlyMap<string, string>;

async function runningImages(dir: string): Promise<Running> {
  const containers = (await containersOf(dir)).filter(({ state }) => state === 'running');
  const ids = containers.map(async ({ service, id }) => {
    const of = (await docker(dir, ['inspect', '--format', '{{.Image}}', id])).trim();
    return [service, of] as const;
  });
  return new Map(await Promise.all(ids));
}

/** Docker's id of what a name means now. */
const idOf = async (dir: string, name: string): Promise<string> =>
  (await docker(dir, ['image', 'inspect', '--format', '{{.Id}}', name])).trim();

/** Keeps what an update replaces, as long as one may go back to it. */
export async function keepFormer(
  dir: string,
  site: string,
  { number, changes }: { number: number; changes: readonly Change[] },
): Promise<void> {
  for (const [at, { former }] of changes.entries()) {
    await docker(dir, ['tag', former, keptAs(site, `former-${at}`, String(number))]);
  }
}

/** @throws ProsoraError `IMAGE_GONE` where an image that one would go back to is not there any more */
export async function assertKept(dir: string, changes: readonly Change[]): Promise<void> {
  for (const { former, from } of changes) {
    await idOf(dir, former).catch((cause: unknown) => {
      throw new ProsoraError('IMAGE_GONE', `The image of ${from} is not there any more.`, {
        help: 'Take that version: `prosora update ghost@VERSION`, or another release.',
        cause,
      });
    });
  }
}

/** Makes the names in the stack's file mean the new images, or the former ones again. */
export async function pointTo(
  dir: string,
  which: 'former' | 'next',
  changes: readonly Change[],
): Promise<void> {
  for (const change of changes) {
    if (change.reference.includes('@')) continue;
    await docker(dir, ['tag', change[which], change.reference]);
  }
}

/**
 * Lets go of what was fetched, and of what was replaced longer ago than there is a way back to. What a container or another
 * name has of it stays.
 */
export async function forgetImages(dir: string, site: string): Promise<void> {
  const updates = readUpdates(dir);
  const half = updates.filter(({ endedAt }) => endedAt === undefined);
  const ways = [...waysBack(updates), ...half].map(({ number }) => String(number));
  await removeImages(dir, site, (tag) => !ways.includes(tag));
}

/** Takes away the names that updates have given to images. */
export async function removeImages(
  dir: string,
  site: string,
  isGone: (tag: string) => boolean = () => true,
): Promise<void> {
  const words = [
    'images',
    '--filter',
    `reference=${site}-update/*`,
    '--format',
    '{{.Repository}}:{{.Tag}}',
  ];
  const names = (await docker(dir, words)).split('\n').filter(Boolean);
  const gone = names.filter((name) => isGone(name.split(':').at(-1) ?? ''));
  if (gone.length > 0) await docker(dir, ['image', 'rm', ...gone]).catch(() => {});
}
