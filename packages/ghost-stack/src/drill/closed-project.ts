import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedProjectOf, composeOf, type Place } from '../repository/place.ts';
import { type EffectiveSetting, isGhostOption, isSecretSetting } from '../settings/effective.ts';
import { withValues } from '../settings/env-file.ts';
import { careFolder } from '../stack/care-files.ts';

/** What a project is closed for, and how it differs from the others. */
export interface Purpose {
  /** Stands behind the site's name in that of the project. */
  name: 'drill' | 'staging' | 'rehearsal';
  /** Come before the settings of every closed project. */
  settings?: Readonly<Record<string, string>>;
  /** Services in Compose's own words, beside what the stack's file says of them. */
  services?: Readonly<Record<string, object>>;
  /** Networks that only its own services join. */
  networks?: Readonly<Record<string, object>>;
}

/**
 * What such a project has in the place of the site's settings: no key of a vendor, no address of anybody, and less memory,
 * since the site runs beside it. Mail goes nowhere, so nobody is asked for what stands in one.
 */
const SETTINGS = {
  PAGES: 'off',
  SOCIAL: 'off',
  STAFF_DEVICE_VERIFICATION: 'false',
  RESEND_API_KEY: 're_closed',
  RESEND_WEBHOOK_SECRET: 'whsec_Y2xvc2VkY2xvc2VkY2xvc2Vk',
  S3_ACCESS_KEY_ID: 'closed',
  S3_SECRET_ACCESS_KEY: 'closed',
  MYSQL_BUFFER_POOL: '64M',
};

/** Those of the site that say what it is made of, and where readers find its pictures. */
const KEPT =
  /^([A-Z_]+_IMAGE|PROSORA_(VERSION|REGISTRY)|MYSQL_MEMORY|ENGINE_MEMORY(_LIMIT_MB)?|TIMEZONE|MEDIA|CLOUDINARY_FOLDER|S3_(BUCKET|PUBLIC_URL|ENDPOINT|REGION|FOLDER))$/;
/** What `.env` says to Ghost itself, but for mail, secrets, and what no line of such a file can hold. */
const isKeptOfGhost = ({ name, value }: EffectiveSetting): boolean =>
  !/^(security__staffDeviceVerification|mail__)/.test(name) &&
  !isSecretSetting(name) &&
  !/['\n\r]/.test(value);

/** What `setup` reads beside the settings. */
const CHOICES = 'examples/ghost-stack/choices';

const NETWORKS = ['edge', 'front', 'back', 'egress', 'watch'];
const SERVICES = ['setup', 'db', 'ghost', 'engine'];

export type Settings = ReadonlyMap<string, EffectiveSetting>;

/**
 * The place of a site's backups with a project of its own beside the site, whose networks lead nowhere: for a restore that
 * must not be heard of. What it needs of files stands in the care folder.
 */
export function closedPlaceOf(site: Place, settings: Settings, purpose: Purpose): Place {
  const folder = join(careFolder(site.dir), purpose.name);
  mkdirSync(join(folder, CHOICES), { recursive: true, mode: 0o700 });
  const values = valuesOf(settings, purpose);
  const [env, override] = [join(folder, '.env'), join(folder, 'override.json')];
  writeFileSync(env, withValues('', values), { mode: 0o600 });
  writeFileSync(override, overrideOf(folder, join(site.dir, CHOICES), purpose), { mode: 0o600 });
  const project = closedProjectOf(site, purpose.name);
  // What this shell sets would come before the file.
  const names = [...settings.keys()].filter((name) => !isGhostOption(name));
  return {
    ...site,
    databaseElsewhere: undefined,
    volumes: Object.fromEntries(Object.keys(site.volumes).map((key) => [key, `${project}_${key}`])),
    project: [
      ...['--project-name', project, '--env-file', env],
      ...['--file', join(site.dir, 'docker-compose.yml'), '--file', override],
    ],
    environment: {
      ...Object.fromEntries(names.map((name) => [name, values[name] ?? ''])),
      COMPOSE_PROFILES: '',
    },
  };
}

/** Throws a closed project away, or what a killed run left of it. */
export async function throwAway(place: Place): Promise<void> {
  // A service of a profile that is off counts as no orphan.
  const down = ['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '10'];
  await composeOf(place, down);
}

/** The settings of such a project, all that leaves the site's own `.env`. */
export function valuesOf(
  settings: Settings,
  { name, settings: own }: Purpose,
): Record<string, string> {
  const kept = [...settings.values()].filter((setting) =>
    isGhostOption(setting.name)
      ? isKeptOfGhost(setting)
      : KEPT.test(setting.name) && setting.value !== '',
  );
  return {
    ...Object.fromEntries(kept.map((setting) => [setting.name, setting.value])),
    ...SETTINGS,
    // A name that leads nowhere: https://www.rfc-editor.org/rfc/rfc6761#section-6.4
    DOMAIN: `${name}.invalid`,
    CLOUDINARY_URL: cloudWithoutKey(settings.get('CLOUDINARY_URL')?.value ?? ''),
    ...own,
  };
}

/** Pictures are addressed by the name of the cloud; the key only sends and deletes. */
function cloudWithoutKey(url: string): string {
  const [, cloud = 'closed'] = /@([\w-]+)/.exec(url) ?? [];
  return `cloudinary://closed:closed@${cloud}`;
}

/**
 * No network leads out, and the machine itself has no address in any: else a restored Ghost would reach the site that
 * lives on it by the gateway, where its scheduler's tokens are valid.
 */
function overrideOf(folder: string, choices: string, { services, networks }: Purpose): string {
  const closed = {
    internal: true,
    driver_opts: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
  };
  const names = new Set([...SERVICES, ...Object.keys(services ?? {})]);
  const all = [...names].map((name) => [name, { restart: 'no', ...services?.[name] }]);
  return JSON.stringify({
    services: {
      ...Object.fromEntries(all),
      setup: {
        restart: 'no',
        volumes: [`${folder}:/stack:ro`, `${choices}:/stack/${CHOICES}:ro`],
      },
    },
    networks: {
      ...Object.fromEntries(NETWORKS.map((name) => [name, closed])),
      ...networks,
    },
  });
}
