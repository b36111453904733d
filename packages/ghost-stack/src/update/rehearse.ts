import { stripVTControlCharacters } from 'node:util';
import { type Finding, fail, judge, ok } from '@prosora/service';
import * as z from 'zod';
import { DATABASE, ENGINE, partOf } from '../backup/parts.ts';
import { closedPlaceOf, throwAway } from '../drill/closed-project.ts';
import { assertMemory } from '../drill/memory.ts';
import { startGhost } from '../drill/start-ghost.ts';
import { type Manifest, takenIn } from '../repository/manifest.ts';
import { composeOf, type Place } from '../repository/place.ts';
import { ask } from '../restore/ask-database.ts';
import { holdDuePosts } from '../restore/hold-due-posts.ts';
import { loadDatabase } from '../restore/load-database.ts';
import { putVolumes } from '../restore/put-volumes.ts';
import { restoreEngine } from '../restore/restore-site.ts';
import type { EffectiveSetting } from '../settings/effective.ts';
import { docker } from '../stack/compose.ts';
import { blankKeys } from '../staging/blank-keys.ts';
import { migrationsIn } from './migrations.ts';
import { TRY_SITE } from './try-site.ts';
import type { Change, Rehearsal } from './update-notes.ts';

/** MySQL and Ghost, one after the other with the rest. */
const MEMORY_MB = 600;
const CONTENT = 'content';
/** Of `nobody is here to read it`, by Ghost's own bcrypt. */
const OWNER = {
  password: 'nobody is here to read it',
  hash: '$2b$10$iBwiWaLz3vlxNtvsnsh4vOcHv1T2XK7OEWZSOElpkI2/ZW1HDxNje',
};
/** Its own networks and ports are not in a closed project: its files are read by the new program instead. */
const EDGE = 'caddy';
/** Services with stores, in the order of a restore, and those without any. */
const STORES = ['webhooks', 'mail', 'analytics'];
const WITHOUT = ['redis', 'pages', 'console', 'metrics', 'rules', 'alerts', 'db-metrics'];
/** Where one of these is new, Ghost is tried on it. */
const GHOST_STANDS_ON = ['ghost', 'db', 'redis'];
/** Those whose work leads out of such a project, by the command that is asked for its version. */
const COMMANDS: Readonly<Record<string, string>> = { cdn: 'prosora-cdn', ops: 'prosora' };

/** What a rehearsal tells. */
export interface Rehearsed extends Rehearsal {
  findings: Finding[];
}

type Settings = ReadonlyMap<string, EffectiveSetting>;

/** Closed projects have no pages from memory; where Varnish itself is new it has to start. */
const OTHERWISE: Readonly<Record<string, object>> = { pages: { environment: { PAGES: 'on' } } };

/** The closed project, on the images that are in use or on the new ones. */
export function rehearsalPlaceOf(
  site: Place,
  settings: Settings,
  changes: readonly Change[],
  which: 'former' | 'next' = 'next',
): Place {
  const images = changes.flatMap((change) =>
    change.services
      .filter((each) => each !== EDGE)
      .map((each) => [each, { image: change[which], ...OTHERWISE[each] }]),
  );
  return closedPlaceOf(site, settings, {
    name: 'rehearsal',
    services: Object.fromEntries(images),
  });
}

/**
 * Tries new images where nobody sees it: restores the site into a project without a way out, starts it there as it is,
 * and then on the new images. What they do that the former ones did not is a finding. Where nothing fails the project is
 * gone afterwards; else it stays, stopped, to be looked at.
 */
export async function rehearse(
  site: Place,
  settings: Settings,
  manifest: Manifest,
  changes: readonly Change[],
  tell: (finding: Finding) => void,
): Promise<Rehearsed> {
  const findings: Finding[] = [];
  const find = (finding: Finding): void => {
    findings.push(finding);
    tell(finding);
  };
  const changed = new Set(changes.flatMap(({ services }) => services));
  const place = rehearsalPlaceOf(site, settings, changes);
  await throwAway(place);
  await assertMemory(place, MEMORY_MB, 'A rehearsal');
  let rehearsal: Rehearsal = { bootMs: 0, migrates: false };
  try {
    if (GHOST_STANDS_ON.some((each) => changed.has(each))) {
      rehearsal = await rehearseGhost(site, settings, manifest, { changes, find });
    } else {
      // Its secrets are all that the others need.
      await composeOf(place, ['up', 'setup']);
    }
    for (const service of STORES.filter((each) => changed.has(each))) {
      find(await startOnStores(place, service, manifest));
    }
    if (changed.has(ENGINE.name)) find(await startEngine(place, manifest));
    for (const service of WITHOUT.filter((each) => changed.has(each))) {
      find(await start(place, service));
    }
    for (const { next, services } of changes) {
      for (const service of services) {
        const command = COMMANDS[service];
        if (command) find(await sayVersion(site, next, { service, command }));
        if (service === EDGE) find(await readEdgeFiles(site, next));
      }
    }
  } catch (error) {
    find(fail('rehearsal', (error as Error).message));
  }
  const isWell = findings.every(({ status }) => status !== 'fail');
  if (isWell) await throwAway(place);
  else await composeOf(place, ['--profile', '*', 'stop']).catch(() => {});
  return { ...rehearsal, findings };
}

/** What is tried, and who hears what is found. */
interface Trying {
  changes: readonly Change[];
  find(finding: Finding): void;
}

/** Starts Ghost as it is, and then on the new images, which has to do no worse. */
async function rehearseGhost(
  site: Place,
  settings: Settings,
  manifest: Manifest,
  { changes, find }: Trying,
): Promise<Rehearsal> {
  const before = await startFormer(rehearsalPlaceOf(site, settings, changes, 'former'), manifest);
  const place = rehearsalPlaceOf(site, settings, changes);
  if (changes.some(({ services }) => services.includes('db'))) find(await startDatabase(place));
  const startedAt = performance.now();
  await startGhost(place);
  const bootMs = Math.round(performance.now() - startedAt);
  const migrates = (await migrationsIn(place)) !== before.migrations;
  const also = migrates ? ', and changes the database' : '';
  find(ok('ghost', `It starts after ${(bootMs / 1000).toFixed(1)} s${also}.`));
  for (const finding of await trySite(place)) find(finding);
  find(newErrors(before.errors, await errorsIn(place)));
  await composeOf(place, ['stop', 'ghost', 'db', 'redis']);
  return { bootMs, migrates };
}

/** Starts what runs now on what is kept of it: what that complains of is no news. */
async function startFormer(
  place: Place,
  manifest: Manifest,
): Promise<{ migrations: string; errors: Set<string> }> {
  await composeOf(place, ['up', '--no-start', '--no-deps', 'setup', 'db', 'redis', 'ghost']);
  await composeOf(place, ['up', '--detach', '--wait', 'db', 'redis']);
  await loadDatabase(place, takenIn(manifest, DATABASE));
  await blankKeys(place);
  await holdDuePosts(place);
  await putVolumes(place, partOf(CONTENT), takenIn(manifest, CONTENT).snapshot);
  await letIn(place);
  await startGhost(place);
  // As it is asked the same, it complains of the same.
  await trySite(place);
  const errors = await errorsIn(place);
  const migrations = await migrationsIn(place);
  await composeOf(place, ['stop', 'ghost']);
  return { migrations, errors };
}

/** The copy's owner signs in with a password of ours, and no code by mail. */
async function letIn(place: Place): Promise<void> {
  await ask(
    place,
    `UPDATE ghost.users SET password = '${OWNER.hash}', status = 'active' WHERE id = (${OWNER_ID});
    UPDATE ghost.settings SET value = 'false' WHERE \`key\` = 'require_email_mfa';`,
  );
}

const OWNER_ID =
  "SELECT id FROM (SELECT users.id FROM ghost.users JOIN ghost.roles_users ON user_id = users.id JOIN ghost.roles ON roles.id = role_id WHERE roles.name = 'Owner' LIMIT 1) AS owner";

async function startDatabase(place: Place): Promise<Finding> {
  await composeOf(place, ['up', '--detach', '--wait', '--no-deps', 'db']);
  return ok('db', 'It starts on the data of the former one.');
}

const tried = z.array(z.object({ name: z.string(), fault: z.string() }));

/** Reads the site as a visitor and signs in as its owner. */
async function trySite(place: Place): Promise<Finding[]> {
  const [slug = '', email = '', key = ''] = await ask(
    place,
    `SELECT IFNULL((SELECT slug FROM ghost.posts WHERE status = 'published' AND type = 'post' AND visibility = 'public' ORDER BY published_at DESC LIMIT 1), '-');
    SELECT email FROM ghost.users WHERE id = (${OWNER_ID});
    SELECT secret FROM ghost.api_keys WHERE type = 'content' LIMIT 1;`,
  );
  const input = JSON.stringify({ slug, email, key, password: OWNER.password });
  const words = ['exec', '-T', 'ghost', 'node', '--input-type=module', '--eval', TRY_SITE];
  const results = tried.parse(JSON.parse(await composeOf(place, words, input)));
  return results.map(({ name, fault }) =>
    judge(name, fault === '', { ok: 'It is there.', fail: fault, remedy: '' }),
  );
}

/** Where an entry of Ghost's log begins, as it is written for people. */
const ENTRY = /^(?=\[\d{4}-\d\d-\d\d )/m;
const ERROR = /^\[[^\]]+\] ERROR (.+)/;
/** Nothing leads out of a closed project, of which each Ghost complains when it comes to it. */
const NO_WAY_OUT = /\b(ENOTFOUND|ESERVFAIL|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT)\b/;

/** What Ghost has complained of since its start, without what differs from one time to the next. */
async function errorsIn(place: Place): Promise<Set<string>> {
  const printed = await composeOf(place, ['logs', '--no-color', '--no-log-prefix', 'ghost']);
  const errors = stripVTControlCharacters(printed)
    .split(ENTRY)
    .filter((entry) => !NO_WAY_OUT.test(entry))
    .flatMap((entry) => ERROR.exec(entry)?.[1] ?? []);
  return new Set(errors.map((text) => text.replaceAll(/[\da-f]{6,}|\d+/g, '#').trim()));
}

function newErrors(before: ReadonlySet<string>, after: ReadonlySet<string>): Finding {
  const news = [...after].filter((text) => !before.has(text));
  return judge('log', news.length === 0, {
    ok: 'It has no errors that the former one did not have.',
    fail: `It has errors that the former one did not have: ${news.slice(0, 3).join(' · ')}`,
    remedy: '',
  });
}

async function startOnStores(place: Place, service: string, manifest: Manifest): Promise<Finding> {
  await putVolumes(place, partOf(service), takenIn(manifest, service).snapshot);
  return await start(place, service);
}

async function startEngine(place: Place, manifest: Manifest): Promise<Finding> {
  const taken = takenIn(manifest, ENGINE.name);
  await putVolumes(place, ENGINE, taken.snapshot);
  await restoreEngine(place, taken.engineBackup ?? '');
  return await start(place, ENGINE.name);
}

async function start(place: Place, service: string): Promise<Finding> {
  await composeOf(place, ['up', '--detach', '--wait', '--no-deps', service]);
  await composeOf(place, ['stop', service]);
  return ok(service, 'It starts, and says that it is well.');
}

async function sayVersion(
  { dir }: Place,
  image: string,
  { service, command }: { service: string; command: string },
): Promise<Finding> {
  const run = ['run', '--rm', '--pull', 'never', '--network', 'none', image];
  return ok(
    service,
    `It says that it is ${(await docker(dir, [...run, command, '--version'])).trim()}.`,
  );
}

async function readEdgeFiles(site: Place, next: string): Promise<Finding> {
  const override = { services: { [EDGE]: { image: next } } };
  const words = ['--file', 'docker-compose.yml', '--file', '-', 'run', '--rm', '-T', '--no-deps'];
  const validate = ['caddy', 'validate', '--config', '/etc/caddy/Caddyfile'];
  await composeOf(site, [...words, EDGE, ...validate], JSON.stringify(override));
  return ok(EDGE, 'It reads its files.');
}
