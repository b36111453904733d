import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ProsoraError } from '@prosora/service';
import { effectiveSettings } from '../settings/effective.ts';
import { careFolder } from '../stack/care-files.ts';
import { compose } from '../stack/compose.ts';

/** Where backups are, and what it takes to reach them. */
export interface Place {
  /** The stack's folder. */
  dir: string;
  /** Compose's name of the project, which its backups bear. */
  site: string;
  /** In restic's words: https://restic.readthedocs.io/en/stable/030_preparing_a_new_repo.html */
  url: string;
  /** Holds the password, mode 0600. */
  passwordFile: string;
  /** The image that restic runs in. */
  image: string;
  /** The services that the stack has as it was chosen. */
  services: readonly string[];
  /** By its name in Docker: the volumes of the stack. */
  volumes: Readonly<Record<string, string>>;
  /** Has the key and the known hosts for an address that begins with sftp. */
  sshFolder: string;
  /** What restic needs of the environment besides. */
  credentials: Readonly<Record<string, string>>;
  /** The words of `docker compose` that name the project, where it is not the folder's own. */
  project: readonly string[];
  /** What that project has in its environment. */
  environment: Readonly<Record<string, string>>;
  /** The name of the database at DATABASE_URL; undefined where it is in the stack. */
  databaseElsewhere: string | undefined;
  /** Names this folder among all whose backups stand in one repository. */
  owner: string;
}

/** A project as `docker compose` is told of it. */
export type Project = Pick<Place, 'dir' | 'project' | 'environment'>;

/** On every container that works for a run, with the owner as its value. */
export const OWNER_LABEL = 'prosora.backup';

/** Compose's name of the project into which a site's backup is restored for a drill, or to try things on. */
export const closedProjectOf = (
  { site }: Pick<Place, 'site'>,
  purpose: 'drill' | 'staging' | 'rehearsal',
): string => `${site}-${purpose}`;

/** Variables that restic itself reads. */
const CREDENTIALS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_DEFAULT_REGION',
  'B2_ACCOUNT_ID',
  'B2_ACCOUNT_KEY',
  'RESTIC_REST_USERNAME',
  'RESTIC_REST_PASSWORD',
];

/** Whether the repository is reached over a network, and no folder of this machine. */
export const isRemote = (url: string): boolean => /^(s3|sftp|rest|b2):/.test(url);

/** What Compose makes of the stack's files. */
interface Config {
  name: string;
  services: Record<string, { image: string; scale?: number }>;
  volumes: Record<string, { name: string }>;
}

/**
 * Finds where a stack's backups are.
 *
 * @param from another place than the settings name
 * @throws ProsoraError `BACKUP_REPOSITORY` for an address that cannot be one
 */
export async function findPlace(dir: string, from?: string): Promise<Place> {
  const settings = effectiveSettings(dir, process.env);
  const printed = await compose(dir, ['--profile', '*', 'config', '--format', 'json']);
  const { name: site, services, volumes } = JSON.parse(printed) as Config;
  const given = from || settings.get('BACKUP_REPOSITORY')?.value || `/var/backups/${site}`;
  const credentials = CREDENTIALS.flatMap((variable) => {
    const value = process.env[variable] || settings.get(variable)?.value;
    return value ? [[variable, value] as const] : [];
  });
  const isElsewhere = services['db']?.scale === 0;
  const database = URL.parse(settings.get('DATABASE_URL')?.value ?? '')?.pathname.slice(1);
  return {
    dir,
    site,
    url: isRemote(given) ? remote(given) : resolve(dir, given),
    passwordFile: join(careFolder(dir), 'backup-password'),
    image: services['ops']?.image ?? '',
    services: Object.keys(services).filter((name) => services[name]?.scale !== 0),
    volumes: Object.fromEntries(Object.entries(volumes).map(([key, { name }]) => [key, name])),
    sshFolder: settings.get('BACKUP_SSH_FOLDER')?.value || '/root/.ssh',
    credentials: Object.fromEntries(credentials),
    project: [],
    environment: {},
    databaseElsewhere: isElsewhere ? database : undefined,
    owner: ownerOf(dir),
  };
}

function remote(url: string): string {
  if (!/\/\/[^/@]*:[^/@]*@/.test(url)) return url;
  throw new ProsoraError('BACKUP_REPOSITORY', 'The address of the backups has a password in it.', {
    help: 'Leave it out, and set RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD.',
  });
}

/** Runs `docker compose` on the project of a place, as `compose` does. */
export function composeOf(
  { dir, project, environment: env }: Project,
  words: readonly string[],
  input?: string,
): Promise<string> {
  return compose(dir, [...project, ...words], { env, ...(input !== undefined && { input }) });
}

/** Whether the repository is a folder of this machine. */
const isLocal = ({ url }: Pick<Place, 'url'>): boolean => url.startsWith('/');

/** The words of `docker run` that give a container the way to the repository. */
export function waysTo(place: Place): string[] {
  const { url, passwordFile, credentials, owner, sshFolder } = place;
  const mounts = [
    `${passwordFile}:/run/repository-password:ro`,
    ...(isLocal(place) ? [`${url}:/repository`] : [`${cacheFolder(place.dir)}:/cache`]),
    ...(url.startsWith('sftp:') ? [`${sshFolder}:/root/.ssh:ro`] : []),
  ];
  const env = {
    RESTIC_PASSWORD_FILE: '/run/repository-password',
    RESTIC_REPOSITORY: isLocal(place) ? '/repository' : url,
    ...(!isLocal(place) && { RESTIC_CACHE_DIR: '/cache' }),
  };
  return [
    ...['--network', 'host', '--hostname', owner],
    ...mounts.flatMap((mount) => ['--volume', mount]),
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    // By their names alone: their values stand in the environment of `docker`, not in its words.
    ...Object.keys(credentials).flatMap((name) => ['--env', name]),
  ];
}

/** The password, and whether it was made just now. */
export function openPassword({ passwordFile }: Pick<Place, 'passwordFile'>): {
  password: string;
  isNew: boolean;
} {
  if (existsSync(passwordFile)) {
    return { password: readFileSync(passwordFile, 'utf8').trim(), isNew: false };
  }
  const password = randomBytes(24).toString('base64url');
  keepPassword(passwordFile, password);
  return { password, isNew: true };
}

/** Replaces the password that is kept; only its owner may read it. */
export function keepPassword(file: string, password: string): void {
  writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

const cacheFolder = (dir: string): string => join(careFolder(dir), 'restic-cache');

/** By which locks are known that a run of this folder left. */
function ownerOf(dir: string): string {
  const file = join(careFolder(dir), 'backup-owner');
  if (!existsSync(file)) {
    writeFileSync(file, `prosora-${randomBytes(6).toString('hex')}`, { mode: 0o600 });
  }
  return readFileSync(file, 'utf8').trim();
}
