import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drillOf, type Place } from '../repository/place.ts';
import { careFolder } from '../stack/care-files.ts';

/** A name that leads nowhere: https://www.rfc-editor.org/rfc/rfc6761#section-6.4 */
const DOMAIN = 'drill.invalid';

/**
 * What a drill has in the place of the site's settings: no key of a vendor, no address of anybody, and less memory, since
 * the site runs beside it.
 */
const SETTINGS = {
  DOMAIN,
  CLOUDINARY_URL: 'cloudinary://drill:drill@drill',
  RESEND_API_KEY: 're_drill',
  RESEND_WEBHOOK_SECRET: 'whsec_ZHJpbGxkcmlsbGRyaWxs',
  MYSQL_BUFFER_POOL: '64M',
};
/** Those of the site that say what it is made of. */
const KEPT = /^([A-Z_]+_IMAGE|PROSORA_(VERSION|REGISTRY)|MYSQL_MEMORY|ENGINE_MEMORY(_LIMIT_MB)?)$/;

/** What `setup` reads beside the settings. */
const CHOICES = 'examples/ghost-stack/choices';

const NETWORKS = ['edge', 'front', 'back', 'egress', 'watch'];
const SERVICES = ['setup', 'db', 'ghost', 'engine'];

/**
 * No network leads out, and the machine itself has no address in any: else a restored Ghost would reach the site that
 * lives on it by the gateway, where its scheduler's tokens are valid.
 */
function overrideOf(folder: string, choices: string): string {
  const closed = {
    internal: true,
    driver_opts: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
  };
  const services = SERVICES.map((name): [string, object] => [name, { restart: 'no' }]);
  return JSON.stringify({
    services: {
      ...Object.fromEntries(services),
      setup: {
        restart: 'no',
        volumes: [`${folder}:/stack:ro`, `${choices}:/stack/${CHOICES}:ro`],
      },
    },
    networks: Object.fromEntries(NETWORKS.map((name) => [name, closed])),
  });
}

/** The place of a site's backups, with a project of its own that has no way out. */
export function drillPlaceOf(site: Place, settings: ReadonlyMap<string, { value: string }>): Place {
  const folder = join(careFolder(site.dir), 'drill');
  mkdirSync(join(folder, CHOICES), { recursive: true, mode: 0o700 });
  const kept = [...settings].flatMap(([name, { value }]) =>
    KEPT.test(name) && value !== '' ? [[name, value] as const] : [],
  );
  const values = { ...Object.fromEntries(kept), ...SETTINGS };
  const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
  const [env, override] = [join(folder, '.env'), join(folder, 'override.json')];
  writeFileSync(env, lines.join(''), { mode: 0o600 });
  writeFileSync(override, overrideOf(folder, join(site.dir, CHOICES)), { mode: 0o600 });
  const project = drillOf(site.site);
  return {
    ...site,
    volumes: Object.fromEntries(Object.keys(site.volumes).map((key) => [key, `${project}_${key}`])),
    project: [
      ...['--project-name', project, '--env-file', env],
      ...['--file', join(site.dir, 'docker-compose.yml'), '--file', override],
    ],
  };
}
